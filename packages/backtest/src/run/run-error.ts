export type RunErrorCode = 'bot-kind-unknown' | 'bot-restless' | 'settings-unfit' | 'no-candles' | 'series-missing';

/** What is asked of a backtest cannot be run. The message names the thing and what to do. */
export class RunError extends Error {
  override readonly name = 'RunError';
  readonly code: RunErrorCode;
  constructor(code: RunErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
