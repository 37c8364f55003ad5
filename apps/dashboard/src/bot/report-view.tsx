import type { BotDetail, BotReportView } from '@holdfast/contracts';
import { useReport } from '../api/queries.ts';
import { formatDecimal, formatMoney, placesOfAll } from '../format/decimal.ts';
import { toneOf } from '../header/account-card.tsx';
import { Scroll, Tag, type Tone } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { TradeActs } from './trade-acts.tsx';

type ReportedDeal = BotReportView['deals'][number];
type Grid = NonNullable<BotReportView['grid']>;

/** Where the bot gets out, and what of it rests at the exchange; of a grid its lines. */
export function ReportView({ bot }: { readonly bot: BotDetail }) {
  const report = useReport(bot.id);
  return (
    <Loaded query={report}>
      {({ deals, grid }) =>
        grid !== null ? (
          <GridLines grid={grid} quote={bot.quote} />
        ) : deals.length === 0 ? (
          <Empty title="No deal is open">{bot.waitingFor}</Empty>
        ) : (
          <Scroll label="Exits of open deals">
            {deals.map((deal) => (
              <Exits key={deal.number} deal={deal} bot={bot} />
            ))}
          </Scroll>
        )
      }
    </Loaded>
  );
}

interface Exit {
  readonly name: string;
  readonly price: string;
  readonly quantity: string;
  readonly resting: boolean;
  /** Why nothing rests. */
  readonly why: string | null;
}

function exitsOf({ targets, stopLoss, held }: ReportedDeal): readonly Exit[] {
  const all = targets.map((target, index) => ({
    ...target,
    name: targets.length === 1 ? 'Take profit' : `Take profit ${index + 1}`,
    why: target.resting ? null : 'the engine watches the price',
  }));
  if (stopLoss === null) return all;
  const { price, resting, notResting } = stopLoss;
  return [...all, { name: 'Stop loss', price, quantity: held, resting, why: notResting }];
}

function Exits({ deal, bot }: { readonly deal: ReportedDeal; readonly bot: BotDetail }) {
  const exits = exitsOf(deal);
  const prices = Math.max(2, placesOfAll(exits.map(({ price }) => price)));
  const quantities = placesOfAll(exits.map(({ quantity }) => quantity));
  return (
    <>
      <p className="deal-line">
        {deal.pair}, {deal.phase}: holds {deal.held}
        {deal.averagePrice === null ? '' : ` at ${formatDecimal(deal.averagePrice, prices)}`}
        {deal.trailedFrom === null ? '' : `; trails from ${formatDecimal(deal.trailedFrom, prices)}`}
        {deal.note === null ? '' : `; ${deal.note}`}
      </p>
      {exits.length === 0 ? (
        <p className="quiet">Nothing is to be sold yet.</p>
      ) : (
        <table className="table exits" data-testid="exits">
          <thead>
            <tr>
              <th scope="col">Exit</th>
              <th scope="col" className="number">
                Price
              </th>
              <th scope="col" className="number spare-narrow">
                Quantity
              </th>
              <th scope="col">At the exchange</th>
            </tr>
          </thead>
          <tbody>
            {exits.map((exit) => (
              <tr key={exit.name}>
                <td>{exit.name}</td>
                <td className="number">{formatDecimal(exit.price, prices)}</td>
                <td className="number spare-narrow">{formatDecimal(exit.quantity, quantities)}</td>
                <td className="wraps">
                  <Tag tone={exit.resting ? 'good' : 'warn'}>{exit.resting ? 'resting' : 'not resting'}</Tag>{' '}
                  {exit.why === null ? null : <span className="quiet">{exit.why.replace(/^not resting[:;]? ?/, '')}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {bot.kind === 'trade' ? <TradeActs bot={bot.id} steps={deal.targets.length} /> : null}
    </>
  );
}

const tones: Readonly<Record<Grid['lines'][number]['state'], Tone>> = {
  empty: 'plain',
  resting: 'good',
  sent: 'plain',
  waiting: 'warn',
  refused: 'bad',
};

function GridLines({ grid, quote }: { readonly grid: Grid; readonly quote: string }) {
  const { lines, trips, realised, gained } = grid;
  const prices = Math.max(2, placesOfAll(lines.map(({ price }) => price)));
  const quantities = placesOfAll(lines.map(({ quantity }) => quantity));
  return (
    <>
      <p className="deal-line">
        {trips} round trips made <span className={toneOf(realised)}>{formatMoney(realised, quote, 'always')}</span>
        <span className="quiet">
          {' '}
          ({gained.quote} in quote, {gained.base} in base)
        </span>
      </p>
      <Scroll label="Lines of the grid">
        <table className="table grid-lines" data-testid="grid-lines">
          <thead>
            <tr>
              <th scope="col" className="number narrow">
                Line
              </th>
              <th scope="col" className="number">
                Price
              </th>
              <th scope="col">Order</th>
              <th scope="col" className="number spare-narrow">
                Quantity
              </th>
              <th scope="col" className="number">
                Trips
              </th>
              <th scope="col" className="number">
                Profit
              </th>
            </tr>
          </thead>
          <tbody>
            {[...lines].reverse().map((line) => (
              <tr key={line.line} className={`line-${line.side ?? 'none'}`}>
                <td className="number narrow quiet">{line.line}</td>
                <td className="number">{formatDecimal(line.price, prices)}</td>
                <td className="wraps">
                  {line.side === null ? <span className="quiet">between</span> : `${line.side} `}
                  {line.side === null ? null : <Tag tone={tones[line.state]}>{line.state}</Tag>}
                  {line.trouble === null ? null : <span className="quiet"> {line.trouble}</span>}
                </td>
                <td className="number spare-narrow">
                  {Number(line.quantity) === 0 ? '–' : formatDecimal(line.quantity, quantities)}
                </td>
                <td className="number">{line.trips}</td>
                <td className="number">{formatDecimal(line.profit, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}
