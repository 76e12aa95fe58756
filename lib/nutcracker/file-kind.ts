// Recognizes files passed as a nutcracker.yml that are something else, to report that once.

import { hasPlaceholderForHost, isBlock, isPlaceholder, RENDER, TEMPLATE } from '../common/template';
import { type Objection } from './config-error';

/** The objection to an unrendered template, which nutcracker may accept. */
export function templateIn(text: string): Objection | undefined {
  const lines = text.split(/\r\n?|\n/);
  const line = lines.findIndex(isOfTemplate) + 1;
  return line === 0 ? undefined : { line, because: TEMPLATE, remedy: RENDER };
}

/** nutcracker accepts any name and any password, so only a value or host that is entirely a placeholder counts. */
function isOfTemplate(line: string): boolean {
  const content = line.replace(/(^|\s)#.*$/, '');
  const value = /^\s*(?:[\w-]+\s*:|-)\s+(.*)$/.exec(content)?.[1] ?? '';
  return isBlock(content) || isPlaceholder(value) || hasPlaceholderForHost(value);
}

/** Names the kind of a refused file if its first line shows it; YAML errors would be less helpful. */
export function kindOf(text: string): Pick<Objection, 'line' | 'because' | 'remedy'> | undefined {
  const lines = text.split(/\r\n?|\n/);
  const first = lines.findIndex((line) => !/^\s*(#|$)/.test(line));
  if (
    !/^(bind|daemonize|dir|include|maxmemory|port|protected-mode|requirepass|save|timeout|tcp-\w+) +\S/i.test(
      lines[first] ?? '',
    )
  )
    return undefined;
  return { line: first + 1, because: 'this is a redis.conf', remedy: 'pass the nutcracker.yml of its proxies' };
}
