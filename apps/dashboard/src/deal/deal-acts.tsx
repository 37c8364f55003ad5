import type { BotDetail, OpenDeal } from '@holdfast/contracts';
import { Button, NativeSelect } from '@mantine/core';
import { useState } from 'react';
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

interface ActProps {
  readonly bot: BotDetail;
  readonly act: DealAct;
  /** One of several; all of them without it. */
  readonly deal?: OpenDeal;
  readonly isOffered: boolean;
}

function Act({ bot, act, deal, isOffered }: ActProps) {
  const { label, title, text, no } = acts[act];
  const [chosen, setChosen] = useState('');
  const pairs = act === 'start-deal' ? pairsToStart(bot) : [];
  const pair = pairs.includes(chosen) ? chosen : pairs[0];
  return (
    <Confirm
      title={deal === undefined ? title : title.replace('the deal', `deal ${deal.number}`)}
      yes={label}
      no={no}
      path={`/api/bots/${encodeURIComponent(bot.id)}/${act}`}
      body={() => ({ ...(deal === undefined ? {} : { deal: deal.number }), ...(pair === undefined ? {} : { pair }) })}
      asks={(open) =>
        isOffered ? (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={deal === undefined ? undefined : `${label}: deal ${deal.number}`}
            onClick={open}
          >
            {label}
          </Button>
        ) : null
      }
    >
      <p>{text}</p>
      {pair === undefined ? null : (
        <NativeSelect
          label="Pair"
          data={[...pairs]}
          value={pair}
          onChange={({ currentTarget }) => setChosen(currentTarget.value)}
        />
      )}
    </Confirm>
  );
}

/** Deals that the bot may have at once on all its pairs. */
const placesOf = ({ pairs, settings: { dealsPerPair, dealsAtOnce, positionsAtOnce } }: BotDetail): number => {
  const onPairs = pairs.length * (typeof dealsPerPair === 'number' ? dealsPerPair : 1);
  const most = positionsAtOnce ?? dealsAtOnce;
  return typeof most === 'number' ? Math.min(onPairs, most) : onPairs;
};

/** The pairs of which a signal bot has to be told one; others find a pair by themselves. */
const pairsToStart = ({ kind, pairs, openDeals }: BotDetail): readonly string[] =>
  kind !== 'signal' || pairs.length < 2 ? [] : pairs.filter((pair) => openDeals.every((deal) => deal.pair !== pair));

/** What a person may do to a bot's deals. A question that is asked stays, with its refusal, when the deal opens or ends meanwhile. */
export const DealActs = ({ bot }: { readonly bot: BotDetail }) => (
  <div className="deal-acts" key={bot.id}>
    <Act bot={bot} act="start-deal" isOffered={bot.openDeals.length < placesOf(bot)} />
    <Act bot={bot} act="close-now" isOffered={bot.openDeals.length > 0} />
    <Act bot={bot} act="cancel-deal" isOffered={bot.openDeals.length > 0} />
    {bot.openDeals.length === 1 ? bot.openDeals.map((deal) => <FundsActs key="one" bot={bot} deal={deal} />) : null}
  </div>
);

/** What may be done to one of several deals. */
export const OneDealActs = ({ bot, deal }: { readonly bot: BotDetail; readonly deal: OpenDeal }) => (
  <div className="deal-acts">
    <Act bot={bot} act="close-now" deal={deal} isOffered />
    <Act bot={bot} act="cancel-deal" deal={deal} isOffered />
    <FundsActs bot={bot} deal={deal} />
  </div>
);
