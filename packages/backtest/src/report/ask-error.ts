/** Why a backtest cannot be run as it was asked. The message names the option, the value and what to do. */
export type AskErrorCode =
  | 'backtest-period-empty'
  | 'backtest-value-malformed'
  | 'backtest-data-missing'
  | 'backtest-data-ambiguous'
  | 'backtest-perpetual'
  | 'backtest-unknown'
  | 'backtest-damaged'
  | 'backtest-newer';

export class AskError extends Error {
  override readonly name = 'AskError';
  readonly code: AskErrorCode;
  /** What of the ask is wrong. */
  readonly field: string | undefined;
  constructor(code: AskErrorCode, message: string, field?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.field = field;
  }
}
