/** Where a workspace says who its tenants are, relative to it. */
export const TENANTS_FILE = 'src/backend/tenants.ts'
/** What that file is made from, in templates/. */
export const TENANTS_TEMPLATE = 'tenants/tenants.ts'
/** Where it takes its database client from. */
export const CONNECTION_FILE = 'src/backend/db/connection.ts'
