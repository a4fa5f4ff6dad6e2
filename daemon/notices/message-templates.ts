/** The templates of messages (templates/notices), compiled once. They see `v`, the message. */
import { readFileSync } from 'node:fs';
import ejs from 'ejs';
import { projectFile } from '../platform/project-files.js';
import type { Message } from './message.js';

const html = compile('message.html.ejs');
/** Nothing reads marks in plain text. */
const text = compile('message.txt.ejs', { escape: String });

export function messageHtml(message: Message): string {
  return html({ ...message });
}

export function messageText(message: Message): string {
  return text({ ...message });
}

function compile(name: string, options: ejs.Options = {}): ejs.TemplateFunction {
  const filename = projectFile('templates', 'notices', name);
  const own = { filename, _with: false, localsName: 'v', strict: true, ...options };
  return ejs.compile(readFileSync(filename, 'utf8'), own) as ejs.TemplateFunction;
}
