/** Style of the page: the dashboard's colours, light and dark as the reader's system has it. */
export const style = `
:root { color-scheme: light dark; --ground: #f1efe8; --surface: #fbfaf6; --line: #dfdacc; --ink: #16231f; --ink-2: #4a5852; --ink-3: #5f6b65; --accent: #0c5f52;
  --gain: #0c6a58; --loss: #ae3f29; --gain-rgb: 28 138 115; --loss-rgb: 207 98 72; --warn: #7d5200; --warn-soft: #f7ebcd; --warn-line: #dcbb6d; --brass: #a87718; --grid: #e6e1d4; }
@media (prefers-color-scheme: dark) { :root { --ground: #0a1110; --surface: #111b19; --line: #20302c; --ink: #e7eee9; --ink-2: #aebbb4; --ink-3: #8d9c95; --accent: #5fc9ab;
  --gain: #63cdaf; --loss: #f3957f; --gain-rgb: 70 180 151; --loss-rgb: 224 122 97; --warn: #e6bd6e; --warn-soft: #2f2612; --warn-line: #6b5422; --brass: #e3b864; --grid: #1b2a26; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 "Segoe UI Variable Text", "Segoe UI", -apple-system, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1rem 4rem }
h1 { font: 600 2rem/1.15 "Iowan Old Style", Palatino, Georgia, "Liberation Serif", serif; margin: 0 0 .3rem; text-wrap: balance }
h2 { font-size: 1.05rem; margin: 0 0 .6rem } h3 { font-size: .9rem; margin: 0 0 .35rem; color: var(--ink-2); font-weight: 600 }
p { margin: .3rem 0; max-width: 46rem } .soft { color: var(--ink-3) } .lead { font-size: 1.1rem }
section, .note { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 1.1rem 1.25rem; margin-top: 1rem }
.note { background: var(--warn-soft); border-color: var(--warn-line) } .note h2 { color: var(--warn) } .note ul { margin: 0; padding-left: 1.1rem } .note li { margin: .2rem 0; max-width: 54rem }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 1.1rem 2rem }
dl { display: grid; grid-template-columns: minmax(8.5rem, max-content) 1fr; gap: .22rem 1rem; margin: 0 } dt { color: var(--ink-3) } dd { margin: 0; overflow-wrap: anywhere }
.good { color: var(--gain) } .bad { color: var(--loss) } .strong dd { font-weight: 600 }
.wide, .drawing { overflow-x: auto } .drawing svg { display: block; width: 100%; min-width: 40rem; height: auto; font-size: 12px } .key { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: .85rem; color: var(--ink-2); margin: .3rem 0 0 }
.key i { display: inline-block; width: 1.3rem; height: 0; border-top: 3px solid var(--accent); vertical-align: middle; margin-right: .4rem } .key .hold { border-top: 2px dashed var(--brass) } .key .won { border-color: rgb(var(--gain-rgb)) } .key .lost { border-color: rgb(var(--loss-rgb)) }
svg text { fill: var(--ink-3) } svg path { fill: none } .grid { stroke: var(--grid) } .stroke { stroke: var(--line) }
svg .area { fill: var(--accent); fill-opacity: .1 } .curve { stroke: var(--accent); stroke-width: 2; stroke-linejoin: round } .holding { stroke: var(--brass); stroke-width: 1.4; stroke-dasharray: 5 4 } .start { stroke: var(--ink-3); stroke-dasharray: 2 4 }
.touch { fill: transparent } .touch:hover { fill: var(--accent) } svg .fall { fill: rgb(var(--loss-rgb) / .3); stroke: var(--loss) } .deepest { stroke: var(--loss); stroke-dasharray: 3 3 }
.wick.up { stroke: rgb(var(--gain-rgb) / .7) } .wick.down { stroke: rgb(var(--loss-rgb) / .7) } svg .body.up { fill: rgb(var(--gain-rgb) / .7) } svg .body.down { fill: rgb(var(--loss-rgb) / .7) }
.deal { stroke-width: 2.4; stroke-linecap: round } .deal.won { stroke: var(--gain) } .deal.lost { stroke: var(--loss) } .deal:hover { stroke-width: 5 }
svg .mark.buy { fill: var(--gain); stroke: var(--surface); stroke-width: .7 } svg .mark.sell { fill: var(--ink); stroke: var(--surface); stroke-width: .7 } .stroke-mark.buy { stroke: var(--gain); stroke-width: 2 } .stroke-mark.sell { stroke: var(--ink); stroke-width: 2 }
svg .bin.won { fill: rgb(var(--gain-rgb) / .75) } svg .bin.lost { fill: rgb(var(--loss-rgb) / .75) } .bin:hover { fill-opacity: .6 }
table { border-collapse: collapse; font-size: .9rem } th { font-weight: 600; color: var(--ink-2); text-align: left } td, th { padding: .28rem .7rem .28rem 0; border-bottom: 1px solid var(--line); white-space: nowrap } .n { text-align: right } .months td, .months th { text-align: right; padding: .32rem .55rem; border: 1px solid var(--surface) } .months th:first-child { text-align: left; padding-left: 0 }
details { margin-top: .6rem } summary { cursor: pointer; color: var(--accent) } summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px } ul.plain { margin: 0; padding-left: 1.1rem } ul.plain li { margin: .18rem 0; max-width: 52rem }
code, pre { font: .85rem/1.5 ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere } pre { white-space: pre-wrap; margin: 0 }
.closeups { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 40rem), 1fr)); gap: 1.2rem; margin-top: 1.2rem }
@media print { body { background: none } section { break-inside: avoid } }
`;
