// Warnings for what is set and means nothing: a variable, a key or a section that nobody reads. Loads the other commands only to be sure.
import type { Event } from '../../core/base/event.js';
import { didYouMean } from '../../core/base/nearest.js';
import { loadAll, settingFlags } from './all-flags.js';
import type { CommandTable } from './command.js';
import type { FlagTable } from './flag.js';
import { longName } from './flag.js';
import type { Settings, WrittenName } from './settings.js';
import { environmentName, otherVariables } from './settings.js';

/** `flags`: those of the command that runs. */
export async function unknownSettings(settings: Settings, flags: FlagTable, commands: CommandTable): Promise<readonly Event[]> {
  const own = Object.entries(flags).flatMap(([key, flag]) => (flag.setting === true ? [longName(key, flag)] : []));
  const suspects = unexplained(settings.written(), own, commands);
  if (suspects.length === 0) return [];
  const names = [...settingFlags(await loadAll(commands)).keys()];
  return unexplained(suspects, names, commands).map((each) => warning(each, names, commands));
}

function unexplained(written: readonly WrittenName[], names: readonly string[], commands: CommandTable): readonly WrittenName[] {
  const variables = new Set([...names.map(environmentName), ...Object.keys(otherVariables)]);
  const keys = new Set(names);
  return written.filter(({ name, section, source, isSection }) => {
    if (source === 'environment') return !variables.has(name);
    if (isSection) return !Object.hasOwn(commands, name);
    return !keys.has(name) && (section === undefined || Object.hasOwn(commands, section));
  });
}

function warning({ name, section, source, isSection }: WrittenName, names: readonly string[], commands: CommandTable): Event {
  const help = 'llmx help env lists the settings';
  const [message, hint] =
    source === 'environment'
      ? [`${name} in the environment means nothing`, didYouMean(name, [...names.map(environmentName), ...Object.keys(otherVariables)])]
      : isSection
        ? [`${source}: there is no command ${name}`, didYouMean(name, Object.keys(commands))]
        : [`${source}: there is no setting ${section === undefined ? '' : `${section}.`}${name}`, didYouMean(name, names)];
  return { type: 'warning', code: 'unknown-setting', message, hint: hint || help };
}
