/** Bots trade spot: of what was played on perpetuals none can be made. */
import { AskError } from './ask-error.ts';

/** @throws AskError `backtest-perpetual` */
export function mustBeSpot({ perpetual }: { readonly perpetual?: { readonly leverage: number } }): void {
  if (perpetual === undefined) return;
  throw new AskError(
    'backtest-perpetual',
    `no bot can be made of it: it was played on a perpetual with a leverage of ${perpetual.leverage}, and paper and live trade spot; run it again without --leverage to see what a bot would do`,
    'leverage',
  );
}
