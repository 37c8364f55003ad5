import type { LogEntry } from '@holdfast/contracts';
import { useLog } from '../api/queries.ts';
import { formatClock } from '../format/time.ts';
import { Dot, Panel, Scroll } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';

const tones = { info: 'plain', warning: 'warn', error: 'bad' } as const;

export function LogPanel() {
  const log = useLog();
  return (
    <Panel title="What happened" className="log-panel">
      <Loaded query={log}>
        {({ entries }) =>
          entries.length === 0 ? (
            <Empty title="Nothing yet" />
          ) : (
            <Scroll label="Event log">
              <LogEntries entries={entries} />
            </Scroll>
          )
        }
      </Loaded>
    </Panel>
  );
}

export const LogEntries = ({ entries }: { readonly entries: readonly LogEntry[] }) => (
  <ol className="entries log" data-testid="log">
    {entries.map((entry) => (
      <Entry key={entry.seq} entry={entry} />
    ))}
  </ol>
);

const Entry = ({ entry: { at, level, text } }: { readonly entry: LogEntry }) => (
  <li>
    <span className="quiet">{formatClock(at)}</span>
    <Dot tone={tones[level]} />
    <span className="entry-what">
      {level === 'info' ? null : <span className="hidden-text">{level}: </span>}
      {text}
    </span>
  </li>
);
