import type { BotDetail, OpenDeal } from '@holdfast/contracts';
import type { UseQueryResult } from '@tanstack/react-query';
import { Fragment } from 'react';
import { useTick } from '../api/live.ts';
import { formatDecimal, formatMoney, formatPercent, placesOfAll } from '../format/decimal.ts';
import { formatDayTime } from '../format/time.ts';
import { toneOf } from '../header/account-card.tsx';
import { Figure, Panel, Scroll, Tag, type Tone } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import { DealActs, OneDealActs } from './deal-acts.tsx';
import { KeptCoins } from './kept-coins.tsx';
import { OfBot } from './of-bot.tsx';
import { type Rung, rungsOf } from './rungs.ts';

interface OpenDealPanelProps {
  readonly query: UseQueryResult<BotDetail>;
  readonly hasBots: boolean;
}

export function OpenDealPanel({ query, hasBots }: OpenDealPanelProps) {
  const deals = query.data?.openDeals ?? [];
  const [deal, ...others] = deals;
  return (
    <Panel
      title={deal === undefined ? 'Open deal' : others.length > 0 ? `${deals.length} open deals` : `Deal ${deal.number}`}
      className="ladder-panel"
      note={deal === undefined ? undefined : `open since ${formatDayTime(deal.openedAt)}`}
    >
      <OfBot query={query} hasBots={hasBots} none="No deal" hint="A deal opens when a bot buys for the first time.">
        {(bot) => (
          <>
            {bot.openDeals.length === 0 ? <NoDeal bot={bot} /> : null}
            {bot.openDeals.map((each) => (
              <Fragment key={each.id}>
                <Ladder deal={each} named={bot.pairs.length > 1 || others.length > 0} />
                {others.length > 0 ? <OneDealActs bot={bot} deal={each} /> : null}
              </Fragment>
            ))}
            {bot.openDeals.length === 0 ? null : <Waits bot={bot} />}
            <DealActs bot={bot} />
            {bot.kind === 'dca' ? <KeptCoins bot={bot} /> : null}
          </>
        )}
      </OfBot>
    </Panel>
  );
}

const NoDeal = ({ bot }: { readonly bot: BotDetail }) => (
  <Empty title="No deal is open">
    {bot.waitingFor ?? (bot.state === 'running' ? 'The bot opens the next one by itself.' : 'Start the bot to open one.')}
  </Empty>
);

const Waits = ({ bot }: { readonly bot: BotDetail }) => (
  <p className="panel-foot">{bot.problem === null ? bot.waitingFor : <Problem problem={bot.problem} />}</p>
);

interface LadderProps {
  readonly deal: OpenDeal;
  /** Whether the pair has to be said. */
  readonly named: boolean;
}

function Ladder({ deal, named }: LadderProps) {
  const last = useTick(deal.pair)?.last ?? deal.lastPrice;
  const rungs = rungsOf(deal, last);
  const priced = rungs.filter(({ kind }) => kind !== 'average').map(({ price }) => price ?? '0');
  const prices = Math.max(2, placesOfAll(priced));
  const quantities = placesOfAll(rungs.map(({ quantity }) => quantity ?? '0'));
  return (
    <>
      {named ? (
        <h3 className="deal-pair">
          {deal.pair} · deal {deal.number}
        </h3>
      ) : null}
      <DealFigures deal={deal} />
      <Scroll label={named ? `Ladder of the deal on ${deal.pair}` : 'Ladder of the open deal'}>
        <table className="table ladder" data-testid="ladder">
          <thead>
            <tr>
              <th scope="col">Order</th>
              <th scope="col" className="number">
                Price
              </th>
              <th scope="col" className="number">
                Distance
              </th>
              <th scope="col" className="number">
                Quantity
              </th>
            </tr>
          </thead>
          <tbody>
            {rungs.map((rung) => (
              <RungRow key={rung.key} rung={rung} prices={prices} quantities={quantities} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

const Problem = ({ problem: { code, reason } }: { readonly problem: NonNullable<BotDetail['problem']> }) => (
  <span className="warned">
    {code}: {reason}
  </span>
);

const DealFigures = ({ deal }: { readonly deal: OpenDeal }) => (
  <dl className="deal-figures">
    <Figure name="Profit now">
      {deal.profit === null ? '–' : <span className={toneOf(deal.profit)}>{formatDecimal(deal.profit, 2, 'always')}</span>}
    </Figure>
    <Figure name="In percent">
      {deal.profitPercent === null ? (
        '–'
      ) : (
        <span className={toneOf(deal.profitPercent)}>{formatPercent(deal.profitPercent)}</span>
      )}
    </Figure>
    <Figure name="Spent">{formatMoney(deal.spent, deal.quote)}</Figure>
  </dl>
);

const tones: Readonly<Record<NonNullable<Rung['state']>, Tone>> = {
  waiting: 'plain',
  sent: 'plain',
  resting: 'good',
  'partly-filled': 'good',
  filled: 'plain',
  cancelled: 'plain',
  refused: 'bad',
  unknown: 'warn',
};

interface RungRowProps {
  readonly rung: Rung;
  readonly prices: number;
  readonly quantities: number;
}

function RungRow({ rung, prices, quantities }: RungRowProps) {
  const done = rung.state === 'filled' || rung.state === 'cancelled' ? 'rung-done' : '';
  return (
    <tr className={`rung-${rung.kind} ${done}`}>
      <td>
        <span className="with-state">
          {rung.name}
          {rung.state === null ? null : <Tag tone={tones[rung.state]}>{rung.state.replace('-', ' ')}</Tag>}
        </span>
      </td>
      <td className="number">{rung.price === null ? 'market' : formatDecimal(rung.price, prices)}</td>
      <td className="number quiet">{rung.distance === null ? '' : formatPercent(rung.distance)}</td>
      <td className="number">{rung.quantity === null ? '' : formatDecimal(rung.quantity, quantities)}</td>
    </tr>
  );
}
