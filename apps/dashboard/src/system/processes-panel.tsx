import type { ProcessStatus } from '@holdfast/contracts';
import { useStatus } from '../api/queries.ts';
import { formatBytes } from '../format/time.ts';
import { Dot, Panel, Scroll, type Tone } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';

export function ProcessesPanel() {
  const status = useStatus();
  return (
    <Panel title="Processes" className="processes-panel">
      <Loaded query={status}>
        {({ processes }) => (processes.length === 0 ? <Empty title="None is known" /> : <ProcessTable processes={processes} />)}
      </Loaded>
    </Panel>
  );
}

const tones: Readonly<Record<string, Tone>> = {
  running: 'good',
  starting: 'warn',
  restarting: 'warn',
  stopped: 'bad',
  failed: 'bad',
};

const ProcessTable = ({ processes }: { readonly processes: readonly ProcessStatus[] }) => (
  <Scroll label="Processes">
    <table className="table" data-testid="processes">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          <th scope="col" className="number">
            Pid
          </th>
          <th scope="col" className="number">
            Memory
          </th>
        </tr>
      </thead>
      <tbody>
        {processes.map(({ name, state, pid, rssBytes }) => (
          <tr key={name}>
            <td>{name}</td>
            <td>
              <span className="with-state">
                <Dot tone={tones[state] ?? 'plain'} />
                {state}
              </span>
            </td>
            <td className="number quiet">{pid ?? '–'}</td>
            <td className="number">{rssBytes === null ? '–' : formatBytes(rssBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);
