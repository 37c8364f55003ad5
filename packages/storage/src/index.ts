/** Journal and tables on disk. */
export * from './schema.ts';
