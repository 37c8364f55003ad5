/** The page's colours as the canvas needs them: read from the same tokens. */
import { useComputedColorScheme } from '@mantine/core';
import { type ColorType, CrosshairMode, type DeepPartial, type TimeChartOptions } from 'lightweight-charts';
import { useMemo } from 'react';

const names = {
  ink: '--ink',
  quiet: '--ink-2',
  faint: '--ink-3',
  grid: '--grid',
  line: '--line',
  strong: '--line-strong',
  up: '--candle-up',
  down: '--candle-down',
  gain: '--gain',
  loss: '--loss',
  accent: '--accent',
  accentSoft: '--accent-soft',
  brass: '--brass',
  surface: '--surface',
} as const;

export type Palette = Readonly<Record<keyof typeof names, string>>;

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, style.getPropertyValue(name).trim()])) as Palette;
}

/** Read anew whenever the colours are switched. */
export function usePalette(): Palette {
  const scheme = useComputedColorScheme();
  return useMemo(readPalette, [scheme]);
}

export const chartOptions = (palette: Palette): DeepPartial<TimeChartOptions> => ({
  autoSize: true,
  layout: {
    background: { type: 'solid' as ColorType.Solid, color: 'transparent' },
    textColor: palette.quiet,
    fontFamily: getComputedStyle(document.body).fontFamily,
    fontSize: 12,
    // Its logo brings an inline style, which the page's policy forbids; the notice and link stand in the footer.
    attributionLogo: false,
  },
  grid: { vertLines: { visible: false }, horzLines: { color: palette.grid } },
  crosshair: {
    mode: CrosshairMode.Normal,
    vertLine: { color: palette.strong, labelBackgroundColor: palette.faint },
    horzLine: { color: palette.strong, labelBackgroundColor: palette.faint },
  },
  rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.08 } },
  timeScale: { borderColor: palette.line, timeVisible: true, secondsVisible: false },
  handleScale: { axisPressedMouseMove: { price: false } },
});

/** Prices on an axis, grouped like everywhere on the page. */
export const priceFormat = (places: number) => ({
  type: 'custom' as const,
  minMove: 1 / 10 ** places,
  formatter: (price: number) => price.toFixed(places).replace(/\B(?=(\d{3})+(?=\.|$))(?<!\.\d*)/g, ','),
});
