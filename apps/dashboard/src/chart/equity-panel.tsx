import { AreaSeries, createChart, type IChartApi, type ISeriesApi, type UTCTimestamp } from 'lightweight-charts';
import { useEffect, useRef } from 'react';
import { useEquity } from '../api/queries.ts';
import { formatMoney } from '../format/decimal.ts';
import { Panel } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { chartOptions, priceFormat, usePalette } from './palette.ts';

export function EquityPanel() {
  const equity = useEquity();
  const last = equity.data?.points.at(-1);
  return (
    <Panel
      title="Equity"
      className="equity-panel"
      note={last === undefined || equity.data === undefined ? undefined : formatMoney(last.value, equity.data.quote)}
    >
      <div className="chart-area">
        <Loaded query={equity} skeleton={<div className="skeleton chart-skeleton" aria-hidden="true" />}>
          {(answer) =>
            answer.points.length < 2 ? (
              <Empty title="The curve has just begun">A point is added with each minute of the market.</Empty>
            ) : (
              <ValueChart points={answer.points} label={`Value of the account in ${answer.quote} over time`} testid="equity" />
            )
          }
        </Loaded>
      </div>
    </Panel>
  );
}

/** One value per second of the chart's time axis; the newest of each counts. */
function pointsOf(points: ValueChartProps['points']): { time: UTCTimestamp; value: number }[] {
  const bySecond = new Map<number, number>();
  for (const { at, value } of points) bySecond.set(Math.floor(at / 1000), Number(value));
  return [...bySecond].map(([time, value]) => ({ time: time as UTCTimestamp, value })).sort((a, b) => a.time - b.time);
}

interface ValueChartProps {
  readonly points: readonly { readonly at: number; readonly value: string }[];
  /** Said to who cannot see it. */
  readonly label: string;
  readonly testid?: string;
}

export function ValueChart({ points, label, testid }: ValueChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ readonly chart: IChartApi; readonly area: ISeriesApi<'Area'> }>(undefined);
  const palette = usePalette();

  useEffect(() => {
    if (holder.current === null) return;
    const chart = createChart(holder.current, { autoSize: true, layout: { attributionLogo: false } });
    drawn.current = {
      chart,
      area: chart.addSeries(AreaSeries, { lineWidth: 2, priceLineVisible: false, priceFormat: priceFormat(2) }),
    };
    return () => chart.remove();
  }, []);

  useEffect(() => {
    drawn.current?.chart.applyOptions({ ...chartOptions(palette), handleScroll: false, handleScale: false });
    drawn.current?.area.applyOptions({ lineColor: palette.accent, topColor: palette.accentSoft, bottomColor: palette.surface });
  }, [palette]);

  useEffect(() => {
    drawn.current?.area.setData(pointsOf(points));
    drawn.current?.chart.timeScale().fitContent();
  }, [points]);

  return <div ref={holder} className="chart" role="img" aria-label={label} data-testid={testid} />;
}
