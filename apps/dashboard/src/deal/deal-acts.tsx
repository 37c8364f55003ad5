import type { BotDetail } from '@holdfast/contracts';
import { Button } from '@mantine/core';
import { Confirm } from '../parts/confirm.tsx';
import { FundsActs } from './funds-acts.tsx';

type DealAct = 'start-deal' | 'close-now' | 'cancel-deal';

const acts: Readonly<
  Record<DealAct, { readonly label: string; readonly title: string; readonly text: string; readonly no: string }>
> = {
  'start-deal': {
    label: 'Start a deal',
    title: 'Start a deal now?',
    text: 'The bot buys its base order at once and does not wait for its own condition. The vault judges the order like any other.',
    no: 'Not now',
  },
  'close-now': {
    label: 'Close now',
    title: 'Close the deal now?',
    text: 'The bot cancels the orders of the deal and sells what it bought near the market’s price, at a profit or at a loss.',
    no: 'Keep the deal',
  },
  'cancel-deal': {
    label: 'Cancel deal',
    title: 'Cancel the deal?',
    text: 'The bot cancels the orders of the deal and sells nothing: the coins stay in the account, without a take profit.',
    no: 'Keep the deal',
  },
};

const all = ['start-deal', 'close-now', 'cancel-deal'] as const;

/** What a person may do to a bot's deal. A question that is asked stays, with its refusal, when the deal opens or ends meanwhile. */
export const DealActs = ({ bot }: { readonly bot: BotDetail }) => (
  <div className="deal-acts" key={bot.id}>
    {all.map((act) => {
      const { label, title, text, no } = acts[act];
      const isOffered = act === 'start-deal' ? bot.openDeals.length < bot.pairs.length : bot.openDeals.length > 0;
      return (
        <Confirm
          key={act}
          title={title}
          yes={label}
          no={no}
          path={`/api/bots/${encodeURIComponent(bot.id)}/${act}`}
          body={() => ({})}
          asks={(open) =>
            isOffered ? (
              <Button size="compact-xs" variant="default" onClick={open}>
                {label}
              </Button>
            ) : null
          }
        >
          <p>{text}</p>
        </Confirm>
      );
    })}
    <FundsActs bot={bot} />
  </div>
);
