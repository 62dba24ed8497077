import { tenantTable } from 'webstir-jobs'
import { createDatabaseClient } from './db/connection.js'

/**
 * Where the tenants of multi-tenant jobs come from: the rows of the table `tenants`, read in pages by their `id`. A
 * job's `tenantsFilter` narrows them down: `(tenants) => tenants.where({ active: true })`. Anything else that can be
 * iterated with `for await` will do as well, such as an async generator that asks another service.
 */
export default tenantTable(createDatabaseClient)
