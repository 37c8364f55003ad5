/** What the vault's pages are made of, so that an owner can compare them with a release. */
import { readPages } from '../portal/pages.ts';

/** SHA-256 in hex over all files of this installation's pages; the portal says the same in the header `holdfast-page`. */
export const pageHash = (): string => readPages().hash;
