import type { Deal } from '@holdfast/contracts';
import { useClosedDeals } from '../api/queries.ts';
import { formatDecimal, moneyDecimals } from '../format/decimal.ts';
import { formatDayTime, formatDuration } from '../format/time.ts';
import { toneOf } from '../header/account-card.tsx';
import { Panel, Scroll } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import { OfBot } from './of-bot.tsx';

interface ClosedDealsPanelProps {
  readonly bot: string | undefined;
  readonly hasBots: boolean;
  readonly count: number | undefined;
}

export function ClosedDealsPanel({ bot, hasBots, count }: ClosedDealsPanelProps) {
  const deals = useClosedDeals(bot);
  return (
    <Panel title="Closed deals" className="deals-panel" note={count === undefined ? undefined : noteOf(count)}>
      <OfBot query={deals} hasBots={hasBots} none="None closed yet">
        {(answer) =>
          answer.deals.length === 0 ? (
            <Empty title="None closed yet">
              A deal closes when its take profit is sold. It then stands here with all its fees.
            </Empty>
          ) : (
            <DealsTable deals={answer.deals} />
          )
        }
      </OfBot>
    </Panel>
  );
}

const noteOf = (count: number): string => (count > 100 ? `the last 100 of ${count}` : count === 0 ? '' : String(count));

const DealsTable = ({ deals }: { readonly deals: readonly Deal[] }) => (
  <Scroll label="Closed deals">
    <table className="table deals" data-testid="closed-deals">
      <thead>
        <tr>
          <th scope="col" className="number narrow spare">
            No.
          </th>
          <th scope="col">Closed</th>
          <th scope="col" className="number">
            Profit, {deals[0]?.quote}
          </th>
          <th scope="col" className="number spare">
            %
          </th>
          <th scope="col" className="number">
            Fees
          </th>
          <th scope="col" className="number">
            Averaging
          </th>
          <th scope="col" className="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {deals.map((deal) => (
          <DealRow key={deal.id} deal={deal} />
        ))}
      </tbody>
    </table>
  </Scroll>
);

function DealRow({ deal }: { readonly deal: Deal }) {
  const places = moneyDecimals(deal.quote);
  return (
    <tr>
      <td className="number narrow quiet spare">{deal.number}</td>
      <td>{deal.closedAt === null ? '–' : formatDayTime(deal.closedAt)}</td>
      <td className="number">
        {deal.profit === null ? '–' : <span className={toneOf(deal.profit)}>{formatDecimal(deal.profit, places, 'always')}</span>}
      </td>
      <td className="number spare">{deal.profitPercent === null ? '–' : formatDecimal(deal.profitPercent, 2, 'always')}</td>
      <td className="number">{formatDecimal(deal.fees, places)}</td>
      <td className="number">
        {deal.averagingOrders.filled} <span className="quiet spare">of {deal.averagingOrders.most}</span>
      </td>
      <td className="number">{deal.closedAt === null ? '–' : formatDuration(deal.closedAt - deal.openedAt)}</td>
    </tr>
  );
}
