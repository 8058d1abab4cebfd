<?php
// A space at work: it reads its settings and keeps a word in each of its caches.
$own = json_decode($_GET['own'], true);
for ($i = 0; $i < 2; $i++) {
    $CONFIG = [];
    include $own['config'];
}
apcu_store('word-of-' . $own['id'], $CONFIG['secret']);
if ($own['redisSocket'] ?? null) {
    $redis = new Redis();
    $redis->connect($own['redisSocket']);
    $redis->set('word', $CONFIG['secret']);
}
header('Content-Type: application/json');
$kept = array_keys(opcache_get_status(true)['scripts'] ?? []);
echo json_encode(['secret' => $CONFIG['secret'], 'kept' => array_map('basename', $kept)]);
