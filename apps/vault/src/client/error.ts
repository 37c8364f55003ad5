/** No answer of the vault came: whether the request took effect is not known. An intent may be asked again with its id. */
export class VaultUnreachable extends Error {
  override readonly name = 'VaultUnreachable';
  readonly code = 'vault-unreachable';
}
