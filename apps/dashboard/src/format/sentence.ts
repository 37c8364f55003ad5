/** Reasons come with or without a full stop; between sentences they need one. */
export const sentence = (reason: string | null): string =>
  reason === null || reason === '' || /[.!?]$/.test(reason) ? (reason ?? '') : `${reason}.`;
