import { expect, test } from 'vitest'
import { parseQgroups } from '../../src/volume/btrfs-parse.ts'

/** Recorded from btrfs-progs 6.2 on Linux 6.18: `btrfs qgroup show --raw -r`. */
const recorded = `Qgroupid    Referenced    Exclusive  Max referenced   Path 
--------    ----------    ---------  --------------   ---- 
0/5              16384        16384            none   <toplevel>
0/256         36716544     36716544       104857600   <stale>
0/257            16384        16384            none   deep/er/x y
0/258        104841216    104841216       104857600   deep/one
0/259            16384        16384            none   deep/two
1/0                  0            0            none   <0 member qgroups>
`

test('reads what lies directly in the directory', () => {
  expect([...parseQgroups(recorded, 'deep')]).toEqual([
    ['one', { usedBytes: 104_841_216, limitBytes: 104_857_600 }],
    ['two', { usedBytes: 16_384, limitBytes: undefined }],
  ])
  expect([...parseQgroups(recorded, 'deep/er').keys()]).toEqual(['x y'])
  expect([...parseQgroups(recorded, '').keys()]).toEqual([])
  expect([...parseQgroups('', 'deep')]).toEqual([])
})
