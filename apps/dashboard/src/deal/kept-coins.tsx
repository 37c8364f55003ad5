import type { BotDetail, BotReportView } from '@holdfast/contracts';
import { Button } from '@mantine/core';
import { useReport } from '../api/queries.ts';
import { formatDecimal, formatMoney, placesOf } from '../format/decimal.ts';
import { Confirm } from '../parts/confirm.tsx';

type Kept = BotReportView['kept'][number];

/** A short bot keeps the quote that its coins brought. */
function keptText({ pair, quantity, cost }: Kept, isShort: boolean): string {
  const [base = '', quote = ''] = pair.split('/');
  const [coins, money] = [`${formatDecimal(quantity, placesOf(quantity))} ${base}`, formatMoney(cost, quote)];
  return isShort ? `${money} that ${coins} brought` : `${coins} that cost ${money}`;
}

/** What a DCA bot keeps for its owner, with the way to have it back. */
export function KeptCoins({ bot }: { readonly bot: BotDetail }) {
  const { data } = useReport(bot.id);
  const kept = data?.kept ?? [];
  const isShort = bot.settings.direction === 'short';
  return (
    <Confirm
      title="Release what the bot keeps?"
      yes="Release"
      no="Leave it with the bot"
      path={`/api/bots/${encodeURIComponent(bot.id)}/release-kept`}
      body={() => ({})}
      asks={(open) =>
        kept.length === 0 ? null : (
          <div className="deal-acts" data-testid="kept">
            <span className="quiet">The bot keeps {kept.map((each) => keptText(each, isShort)).join('; ')}.</span>
            <Button size="compact-xs" variant="default" onClick={open}>
              Release
            </Button>
          </div>
        )
      }
    >
      <p>
        Nothing is traded: what the bot keeps is free in the account again, and a trade with the entry “held” can take it over.
      </p>
    </Confirm>
  );
}
