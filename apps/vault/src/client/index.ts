export * from './client.ts';
export { parseDoor } from './decode.ts';
export { VaultUnreachable } from './error.ts';
export type { EventListener } from './events.ts';
