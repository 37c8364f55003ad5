/** What a person does to a vault from outside: make it, unseal it, keep its unsealer. For the command line. */

export { networkDraft, UnsealerError } from '../unseal/network.ts';
export { passphraseDraft, readWrap, secretBytes, secretFault, type Wrap, type WrapDraft } from '../unseal/wraps.ts';
export { addVault, knownVaults, makeUnsealer, openUnsealer, switchVault } from '../unsealer/book.ts';
export {
  fingerprintOf,
  readUnsealerLine,
  readVaultLine,
  UnsealerFormError,
  writeUnsealerLine,
  writeVaultLine,
} from '../unsealer/protocol.ts';
export type { ControlAnswer, ControlRequest } from '../warden/control.ts';
export { keyFileOption } from '../warden/options.ts';
export { isHost, makeRealVault } from '../warden/vault-folder.ts';
export { askWarden, ControlError } from './ask.ts';
export { pageHash } from './page-hash.ts';
