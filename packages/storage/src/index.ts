/** Journal and tables on disk, behind ports. */
export * from './database.ts';
export * from './engine-store.ts';
export * from './kysely.ts';
export * from './schema.ts';
export * from './webhook-queries.ts';
export * from './webhook-store.ts';
export * from './webhook-token.ts';
