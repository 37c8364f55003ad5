/** Bytes and the texts that carry them. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

export const sha256 = async (data: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', data));

export const hex = (bytes: Bytes): string => bytes.toHex();

export function concat(...parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const base64 = (bytes: Bytes): string => bytes.toBase64();
export const fromBase64 = (text: string): Bytes => Uint8Array.fromBase64(text);

/** Unpadded, as WebAuthn writes it. */
export const base64url = (bytes: ArrayBuffer | Bytes): string =>
  new Uint8Array(bytes).toBase64({ alphabet: 'base64url', omitPadding: true });
export const fromBase64url = (text: string): Bytes => Uint8Array.fromBase64(text, { alphabet: 'base64url' });

/** A public key's DER in the text form that people paste. */
export const pem = (der: Bytes): string =>
  `-----BEGIN PUBLIC KEY-----\n${(base64(der).match(/.{1,64}/g) ?? []).join('\n')}\n-----END PUBLIC KEY-----\n`;

export const fromPem = (text: string): Bytes => fromBase64(text.replaceAll(/-----[A-Z ]+-----|\s/g, ''));
