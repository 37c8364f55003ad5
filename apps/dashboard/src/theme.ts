/** Holdfast's look in Mantine's words; the tokens themselves are in `styles/tokens.css`. */
import { createTheme, type MantineColorsTuple } from '@mantine/core';

const kelp: MantineColorsTuple = [
  '#e8f5f0',
  '#d2e9e1',
  '#a5d5c5',
  '#75c0a7',
  '#5fc9ab',
  '#2f9a80',
  '#0f7463',
  '#0c5f52',
  '#0a4f44',
  '#073d35',
];
const coral: MantineColorsTuple = [
  '#fbece7',
  '#f5d6cc',
  '#eeb09f',
  '#f0907a',
  '#dd6d53',
  '#c9533a',
  '#ae3f29',
  '#963521',
  '#7c2c1b',
  '#632315',
];

export const theme = createTheme({
  primaryColor: 'kelp',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  colors: { kelp, coral },
  defaultRadius: 'md',
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  headings: { fontFamily: 'var(--serif)', fontWeight: '600' },
  respectReducedMotion: true,
  cursorType: 'pointer',
});
