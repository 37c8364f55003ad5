import type { BotDetail, CandleEvent, CandlesAnswer, FillsAnswer, TickEvent } from '@holdfast/contracts';
import {
  type AutoscaleInfo,
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineStyle,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { useCandleEvents, useTick } from '../api/live.ts';
import { placesOfAll } from '../format/decimal.ts';
import { type Bar, extendBar, type Interval, toBar, touchBar } from './candles.ts';
import { markersOf, marksOf, type PriceMark, widenRange } from './lines.ts';
import { chartOptions, type Palette, priceFormat, usePalette } from './palette.ts';

interface Drawing {
  readonly chart: IChartApi;
  readonly series: ISeriesApi<'Candlestick'>;
  readonly markers: ISeriesMarkersPluginApi<UTCTimestamp>;
  readonly lines: Map<string, IPriceLine>;
  prices: readonly number[];
  last: Bar | undefined;
  /** What the view was last fitted to: pair and interval. */
  fitted: string;
}

interface CandleChartProps {
  readonly interval: Interval;
  readonly answer: CandlesAnswer;
  readonly bot: BotDetail | undefined;
  readonly fills: FillsAnswer | undefined;
}

/** Candles with the bot's resting orders as lines and its fills as marks; the newest candle moves with the market. */
export function CandleChart({ interval, answer, bot, fills }: CandleChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing>(undefined);
  const palette = usePalette();

  useEffect(() => {
    if (holder.current === null) return;
    const made = draw(holder.current);
    drawing.current = made;
    return () => {
      drawing.current = undefined;
      made.chart.remove();
    };
  }, []);

  useEffect(() => {
    if (drawing.current !== undefined) paint(drawing.current, palette);
  }, [palette]);

  useEffect(() => {
    if (drawing.current !== undefined) setCandles(drawing.current, answer, interval);
  }, [answer, interval]);

  const marks = useMemo(() => marksOf(bot, fills), [bot, fills]);
  useEffect(() => {
    if (drawing.current !== undefined) setLines(drawing.current, marks, palette);
  }, [marks, palette]);

  const own = useMemo(() => fills?.fills.filter((fill) => fill.bot === bot?.id) ?? [], [fills, bot?.id]);
  useEffect(() => {
    const first = answer.candles[0]?.openTime ?? 0;
    const shown = own.filter(({ at }) => at >= first);
    drawing.current?.markers.setMarkers(markersOf(shown, interval, palette));
  }, [own, interval, palette, answer]);

  useLastCandle(drawing, answer.pair, interval);

  return (
    <div ref={holder} className="chart" role="img" aria-label={`Candles of ${answer.pair}, ${interval}`} data-testid="candles" />
  );
}

/** Moves the newest bar by the candle that is being formed and, between its events, by each tick. */
function useLastCandle(drawing: { readonly current: Drawing | undefined }, pair: string, interval: Interval): void {
  const update = useCallback(
    (bar: Bar | undefined) => {
      if (bar === undefined || drawing.current === undefined) return;
      drawing.current.last = bar;
      drawing.current.series.update(bar);
    },
    [drawing],
  );
  useCandleEvents(
    pair,
    useCallback((candle: CandleEvent) => update(extendBar(drawing.current?.last, candle, interval)), [drawing, interval, update]),
  );
  const tick: TickEvent | undefined = useTick(pair);
  useEffect(() => {
    if (tick !== undefined) update(touchBar(drawing.current?.last, tick.last, tick.at, interval));
  }, [drawing, tick, interval, update]);
}

function draw(holder: HTMLElement): Drawing {
  const chart = createChart(holder, { autoSize: true, layout: { attributionLogo: false } });
  const series = chart.addSeries(CandlestickSeries, {
    borderVisible: false,
    priceLineVisible: true,
    autoscaleInfoProvider: (original: () => AutoscaleInfo | null) => {
      const found = original();
      if (found?.priceRange == null) return found;
      return { ...found, priceRange: widenRange(found.priceRange, made.prices) };
    },
  });
  const made: Drawing = {
    chart,
    series,
    markers: createSeriesMarkers<UTCTimestamp>(series as never, []),
    lines: new Map(),
    prices: [],
    last: undefined,
    fitted: '',
  };
  return made;
}

function paint({ chart, series }: Drawing, palette: Palette): void {
  chart.applyOptions(chartOptions(palette));
  series.applyOptions({
    upColor: palette.up,
    downColor: palette.down,
    wickUpColor: palette.up,
    wickDownColor: palette.down,
    priceLineColor: palette.ink,
    priceLineStyle: LineStyle.Dotted,
  });
}

const barsShown = 120;

function setCandles(drawing: Drawing, { pair, candles }: CandlesAnswer, interval: Interval): void {
  const bars = candles.map((candle) => toBar(candle, interval));
  const places = placesOfAll(candles.slice(-200).flatMap(({ high, low, close }) => [high, low, close]));
  drawing.series.applyOptions({ priceFormat: priceFormat(places) });
  drawing.series.setData(bars);
  drawing.last = bars.at(-1);
  const view = `${pair} ${interval}`;
  if (bars.length === 0 || drawing.fitted === view) return;
  drawing.fitted = view;
  const shown = Math.min(barsShown, Math.max(40, Math.floor(drawing.chart.timeScale().width() / 7)));
  drawing.chart.timeScale().setVisibleLogicalRange({ from: Math.max(-1, bars.length - shown), to: bars.length + 6 });
}

function setLines(drawing: Drawing, marks: readonly PriceMark[], palette: Palette): void {
  for (const line of drawing.lines.values()) drawing.series.removePriceLine(line);
  drawing.lines.clear();
  drawing.prices = marks.map(({ price }) => price);
  for (const { price, title, kind } of marks) {
    const color = kind === 'average' ? palette.faint : kind === 'buy' ? palette.brass : palette.gain;
    const line = drawing.series.createPriceLine({
      price,
      title,
      color,
      lineWidth: 1,
      lineStyle: kind === 'average' ? LineStyle.Dashed : LineStyle.Solid,
      axisLabelVisible: true,
      axisLabelTextColor: palette.surface,
    });
    drawing.lines.set(`${title} ${price}`, line);
  }
}
