/** Base64 as it is written once and in one way only: two texts for the same bytes would be two names for one thing. */

/** The bytes of unpadded base64url, or null when the text is not the one that these bytes are written as. */
export const fromBase64Url = (text: string, bytesMax: number): Buffer | null => canonical(text, 'base64url', bytesMax);

/** The bytes of padded base64, or null when the text is not the one that these bytes are written as. */
export const fromBase64 = (text: string, bytesMax: number): Buffer | null => canonical(text, 'base64', bytesMax);

function canonical(text: string, encoding: 'base64' | 'base64url', bytesMax: number): Buffer | null {
  if (typeof text !== 'string' || text.length > Math.ceil(bytesMax / 3) * 4) return null;
  const bytes = Buffer.from(text, encoding);
  return bytes.length <= bytesMax && bytes.toString(encoding) === text ? bytes : null;
}
