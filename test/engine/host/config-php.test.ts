import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configPhp, toPhp, type PhpValue } from '../../../src/engine/host/config-php.ts'

const php = spawnSync('php', ['-v']).status === 0

/** What PHP itself reads: strings travel as base64, so that any bytes are seen as they are. */
function readByPhp(values: readonly PhpValue[]): unknown {
  const script = `
    function out($v) {
      if (is_string($v)) return ['s', base64_encode($v)];
      if (is_array($v)) { $r = []; foreach ($v as $k => $x) $r[] = [base64_encode((string)$k), out($x)]; return ['a', $r]; }
      return ['v', $v];
    }
    $CONFIG = null; eval('?>' . stream_get_contents(STDIN)); echo json_encode(out($CONFIG['list']), JSON_PRESERVE_ZERO_FRACTION);`
  const result = spawnSync('php', ['-d', 'display_errors=stderr', '-r', script], { input: configPhp({ list: values }), maxBuffer: 1e8 })
  expect(result.stderr.toString()).toBe('')
  return JSON.parse(result.stdout.toString())
}

function expected(value: PhpValue): unknown {
  if (typeof value === 'string') return ['s', Buffer.from(value).toString('base64')]
  if (value === null || typeof value !== 'object') return ['v', value]
  const entries = Array.isArray(value) ? value.map((item: PhpValue, index) => [String(index), item] as const) : Object.entries(value)
  return ['a', entries.map(([key, item]) => [Buffer.from(key).toString('base64'), expected(item)])]
}

describe('config.php', () => {
  it('writes plain PHP that people can read', () => {
    expect(configPhp({ a: "it's", b: [1, true], c: {} })).toContain("$CONFIG = [\n  'a' => 'it\\'s',\n  'b' => [\n    1,\n    true,\n  ],\n  'c' => [],\n];\n")
  })

  it('refuses numbers that are not exact', () => {
    expect(() => toPhp(2 ** 60)).toThrow(/exact/)
    expect(() => toPhp(Number.NaN)).toThrow(/PHP number/)
  })

  it.skipIf(!php)('PHP reads back every value, whatever is in it', () => {
    const key = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/^-?\d+$/.test(text) && text !== '__proto__')
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: fc.constantFrom('\\', "'", '$', '?>', '\n', '\r', '\0', '"', '{', 'a') }))
    const { value } = fc.letrec<{ value: PhpValue }>((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, text, fc.maxSafeInteger(), fc.boolean(), fc.constant(null), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true })),
    }))
    const samples = fc.sample(value, 300)

    expect(readByPhp(samples)).toEqual(expected(samples))
  })
})
