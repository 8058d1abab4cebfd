/** Layers of docs/architecture.md: an arrow that points the wrong way fails the build. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: [from, ...allowed] },
})
const kit = '^src/kit/'
const model = '^src/model/'
const config = '^src/config/'
const contracts = '^src/(store|engine|volume|mail)/contract\\.ts$'
const services = '^src/(spaces|mails|move|evacuation)/'

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan', severity: 'error', from: { orphan: true, pathNot: ['\\.d\\.ts$', '^src/cli/entry\\.ts$', 'contract\\.ts$'] }, to: {} },
    only('kit-knows-nothing', kit, []),
    only('model-is-pure', model, [kit]),
    only('config-knows-model', config, [kit, model]),
    only('contracts-know-model', contracts, [kit, model, contracts]),
    only('stores', '^src/store/', [kit, model, contracts]),
    only('volumes', '^src/volume/', [kit, model, contracts]),
    only('mailers', '^src/mail/', [kit, model, contracts]),
    only('nextcloud-client', '^src/nextcloud/', [kit, model]),
    only('engines', '^src/engine/', [kit, model, config, contracts, '^src/nextcloud/']),
    only('engine-host-alone', '^src/engine/host/', [kit, model, config, contracts, '^src/nextcloud/']),
    only('engine-sandbox-alone', '^src/engine/sandbox/', [kit, model, config, contracts, '^src/nextcloud/']),
    only('spaces-service', '^src/spaces/', [kit, model, config, contracts, '^src/mails/']),
    only('mails-service', '^src/mails/', [kit, model]),
    only('move-service', '^src/move/', [kit, model, config, '^src/nextcloud/']),
    only('evacuation-service', '^src/evacuation/', [kit, model, config, contracts, '^src/(nextcloud|spaces|move|mails)/']),
    {
      name: 'entry-points-use-services',
      severity: 'error',
      from: { path: '^src/(cli|web|operator)/' },
      to: { path: '^src/(store|engine|volume|mail|nextcloud)/', pathNot: [contracts] },
    },
    { name: 'wiring-is-last', severity: 'error', from: { path: '^src/', pathNot: ['^src/(cli|web|operator)/', '^src/wiring\\.ts$'] }, to: { path: '^src/wiring\\.ts$' } },
    { name: 'not-to-dev', severity: 'error', from: { path: '^src/' }, to: { dependencyTypes: ['npm-dev'], pathNot: ['@types'] } },
    { name: 'services-apart', severity: 'error', from: { path: services }, to: { path: '^src/(cli|web|operator)/' } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
}
