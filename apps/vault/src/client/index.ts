export * from './client.ts';
export { VaultUnreachable } from './error.ts';
export type { EventListener } from './events.ts';
