import type { BotDetail } from '@holdfast/contracts';
import { NativeSelect, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useTick } from '../api/live.ts';
import { useCandles, useFills } from '../api/queries.ts';
import { formatDecimal, placesOfAll } from '../format/decimal.ts';
import { Panel } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { CandleChart } from './candle-chart.tsx';
import { type Interval, intervals } from './candles.ts';

interface CandlePanelProps {
  readonly pair: string | undefined;
  /** Pairs of the bot, of which `choosePair` shows another. */
  readonly pairs: readonly string[];
  readonly choosePair: (pair: string) => void;
  readonly bot: BotDetail | undefined;
}

export function CandlePanel({ pair, pairs, choosePair, bot }: CandlePanelProps) {
  const [interval, setInterval] = useState<Interval>('1m');
  const candles = useCandles(pair, interval);
  const fills = useFills(pair);
  return (
    <Panel
      title={pair ?? 'Market'}
      className="chart-panel"
      note={<LastPrice pair={pair} from={candles.data?.candles.at(-1)?.close} />}
      aside={
        <div className="chart-choices">
          {pairs.length > 1 ? (
            <NativeSelect
              size="xs"
              aria-label="Pair of the chart"
              data={[...pairs]}
              value={pair ?? ''}
              onChange={({ currentTarget }) => choosePair(currentTarget.value)}
            />
          ) : null}
          <SegmentedControl
            size="xs"
            aria-label="Interval of the candles"
            data={[...intervals]}
            value={interval}
            onChange={(value) => setInterval(value as Interval)}
          />
        </div>
      }
    >
      <Legend />
      <div className="chart-area">
        <Loaded query={candles} skeleton={<div className="skeleton chart-skeleton" aria-hidden="true" />}>
          {(answer) =>
            answer.candles.length === 0 ? (
              <Empty title="No trades yet">The chart begins with the first trade of this market.</Empty>
            ) : (
              <CandleChart interval={interval} answer={answer} bot={bot} fills={fills.data} />
            )
          }
        </Loaded>
      </div>
    </Panel>
  );
}

function LastPrice({ pair, from }: { readonly pair: string | undefined; readonly from: string | undefined }) {
  const tick = useTick(pair);
  const last = tick?.last ?? from;
  const places = placesOfAll([tick?.bid, tick?.ask, last].filter((price) => price !== undefined));
  return <span className="last-price">{last === undefined ? '' : formatDecimal(last, Math.max(2, places))}</span>;
}

const Legend = () => (
  <div className="chart-legend">
    <span className="key take-profit">
      <i />
      take profit
    </span>
    <span className="key average">
      <i />
      average price
    </span>
    <span className="key buy">
      <i />
      averaging buys
    </span>
    <span className="key">
      <b className="bought" aria-hidden="true">
        ▲
      </b>
      bought
    </span>
    <span className="key">
      <b className="sold" aria-hidden="true">
        ▼
      </b>
      sold
    </span>
  </div>
);
