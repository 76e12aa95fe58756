// Files that are given as a nutcracker.yml and are something else: called so once.

import { hasPlaceholderForHost, isBlock, isPlaceholder, RENDER, TEMPLATE } from '../common/template';
import { type Objection } from './config-error';

/** A template that was not rendered; nutcracker may well take it. */
export function templateIn(text: string): Objection | undefined {
  const lines = text.split(/\r\n?|\n/);
  const line = lines.findIndex(isOfTemplate) + 1;
  return line === 0 ? undefined : { line, because: TEMPLATE, remedy: RENDER };
}

/** nutcracker takes any name and any password: only a value, or a host, that is nothing but a placeholder tells. */
function isOfTemplate(line: string): boolean {
  const said = line.replace(/(^|\s)#.*$/, '');
  const value = /^\s*(?:[\w-]+\s*:|-)\s+(.*)$/.exec(said)?.[1] ?? '';
  return isBlock(said) || isPlaceholder(value) || hasPlaceholderForHost(value);
}

/** What a file is that nutcracker refuses, where its first line shows it: what is wrong with it as YAML says less. */
export function kindOf(text: string): Pick<Objection, 'line' | 'because' | 'remedy'> | undefined {
  const lines = text.split(/\r\n?|\n/);
  const first = lines.findIndex((line) => !/^\s*(#|$)/.test(line));
  if (
    !/^(bind|daemonize|dir|include|maxmemory|port|protected-mode|requirepass|save|timeout|tcp-\w+) +\S/i.test(
      lines[first] ?? '',
    )
  )
    return undefined;
  return { line: first + 1, because: 'this is a redis.conf', remedy: 'give the nutcracker.yml of its proxies' };
}
