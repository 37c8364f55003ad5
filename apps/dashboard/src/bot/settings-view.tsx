import type { BotDetail } from '@holdfast/contracts';
import { useBotKinds } from '../api/queries.ts';
import { fieldsOf, isShown, typedOf } from '../bots/settings-schema.ts';
import { settingInWords } from '../format/setting.ts';
import { Scroll } from '../parts/panel.tsx';

/** Settings that mean something, with their titles and units. */
export function SettingsView({ bot }: { readonly bot: BotDetail }) {
  const kinds = useBotKinds(true);
  const schema = kinds.data?.kinds.find(({ kind }) => kind === bot.kind)?.schema;
  const fields = schema === undefined ? [] : fieldsOf(schema);
  const typed = typedOf(bot.settings);
  return (
    <Scroll label="Settings">
      <dl className="settings" data-testid="settings">
        {fields
          .filter((field) => isShown(field, fields, typed) && (typed[field.name] ?? '') !== '')
          .map(({ name, title, unit }) => (
            <div key={name}>
              <dt>{title}</dt>
              <dd>
                {settingInWords(bot.settings[name])} <span className="quiet">{unit}</span>
              </dd>
            </div>
          ))}
      </dl>
    </Scroll>
  );
}
