/** What is asked of a sweep cannot be done. The message names the text and what is wrong with it. */
export class SweepError extends Error {
  override readonly name = 'SweepError';
  readonly code: 'sweep-axis-malformed' | 'sweep-setting-unknown' | 'formula-malformed' | 'walk-forward-too-short';
  constructor(code: SweepError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
