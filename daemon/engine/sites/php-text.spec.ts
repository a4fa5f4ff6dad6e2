import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPhpTexts, readSerializedList } from './php-text.js';

function constants(script: string): Record<string, string> {
  return Object.fromEntries(readPhpTexts(script).constants);
}

describe('readPhpTexts', () => {
  it('reads what is given as a plain text', () => {
    const script = `<?php
      define( 'DB_NAME', 'shop_wp' ); DEFINE("DB_HOST" , "local\\"host");
      define('QUOTE', 'it\\'s \\\\ here', true);
      $table_prefix  = 'wp_';`;
    expect(constants(script)).toEqual({
      DB_NAME: 'shop_wp',
      DB_HOST: 'local"host',
      QUOTE: "it's \\ here",
    });
    expect(readPhpTexts(script).variables.get('table_prefix')).toBe('wp_');
  });

  it('knows of a constant what it was first, of a variable what it was last', () => {
    const script = `<?php define('A','1'); define('A','2'); $p = 'x_'; $p = 'y_';`;
    expect(constants(script)).toEqual({ A: '1' });
    expect(readPhpTexts(script).variables.get('p')).toBe('y_');
  });

  it.each([
    ['a comment', "<?php // define('A','1');\n# define('A','1');\n/* define('A','1'); */"],
    ['a text', `<?php $x = "define('A','1');";`],
    ['what is put together', "<?php define('A', 'x' . getenv('Y')); define('A', getenv('Z'));"],
    [
      'what PHP would put in',
      '<?php define("A", "x$y"); define("A", "\\x41"); define("A", "{$z}");',
    ],
    ['what is no PHP', "define('A', '1');"],
    ['a text that never ends', "<?php define('A', 'x); define('B"],
    ['a comment that never ends', "<?php /* define('A','1');"],
    ['binary', `<?php \0\xff define('A'\0,'1')`],
  ])('knows nothing of %s', (_, script) => {
    expect(constants(script)).toEqual({});
  });

  it('takes anything, and a megabyte of quotes in no time', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...`<?php'"\\/*#$(),;= \n`.split('')) }),
        (text) => {
          readPhpTexts(`<?php ${text}`);
        },
      ),
    );
    for (const text of ["'", '"', '\\', '/*', 'define(', '"\\']) {
      readPhpTexts(`<?php ${text.repeat(250_000)}`);
    }
  });
});

describe('readSerializedList', () => {
  const read = (text: string) => readSerializedList(Buffer.from(text));

  it('reads keys and values, whose lengths are in bytes', () => {
    expect(read('a:2:{i:0;s:19:"akismet/akismet.php";i:1;s:5:"ü";x";}')).toEqual([
      ['0', 'akismet/akismet.php'],
      ['1', 'ü";x'],
    ]);
    expect(read('a:1:{s:5:"a.php";i:1700000000;}')).toEqual([['a.php', '1700000000']]);
    expect(read('a:0:{}')).toEqual([]);
  });

  it.each([
    'O:8:"stdClass":0:{}',
    'a:1:{i:0;O:8:"stdClass":0:{}}',
    'a:2:{i:0;s:1:"a";}',
    'a:1:{i:0;s:9:"a";}',
    'a:1:{i:0;s:1:"a";}x',
    'a:1:{i:0;s:1:"a";',
    'a:1:{i:0;a:0:{}}',
    '',
  ])('refuses %s', (text) => {
    expect(read(text)).toBeUndefined();
  });
});
