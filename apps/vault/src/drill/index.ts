/** For drills and breach tests: the signer in one process, and the reference price as egress makes it. */
export { createReference, type Reference } from '../egress/reference.ts';
export * from './vault.ts';
