<?php
// Everything that code inside one space could try on its neighbour. Prints, for each try, what it got: null is nothing.
error_reporting(0);
$targets = json_decode($_GET['targets'] ?? getenv('TARGETS'), true);
$own = $targets['own'];
$other = $targets['other'];

function attempt(callable $try): mixed
{
    try {
        $got = $try();
        return $got === false || $got === '' || $got === [] ? null : $got;
    } catch (Throwable $error) {
        return null;
    }
}

function fenceMoved(callable $then): mixed
{
    // The old way out of open_basedir: into a folder of one's own, then up with a relative fence.
    mkdir('way-out');
    chdir('way-out');
    ini_set('open_basedir', '..');
    for ($i = 0; $i < 12; $i++) {
        chdir('..');
    }
    ini_set('open_basedir', '/');
    return $then();
}

function speak(string $socket, string $say): mixed
{
    $stream = stream_socket_client('unix://' . $socket, $code, $message, 2);
    if (!$stream) {
        return null;
    }
    stream_set_timeout($stream, 2);
    fwrite($stream, $say);
    // Being let in is the leak, whatever is answered.
    return 'connected: ' . fread($stream, 200);
}

function database(string $connection): mixed
{
    $server = pg_connect($connection, PGSQL_CONNECT_FORCE_NEW);
    return $server ? pg_fetch_result(pg_query($server, 'SELECT word FROM secrets'), 0, 0) : null;
}

function linked(string $target, string $link): mixed
{
    @unlink($link);
    return symlink($target, $link) ? file_get_contents($link) : null;
}

function run(string $command): mixed
{
    foreach (['shell_exec', 'exec', 'system', 'passthru'] as $starter) {
        if (function_exists($starter)) {
            ob_start();
            $returned = $starter($command);
            $got = trim(ob_get_clean() . $returned);
            if ($got !== '') {
                return $got;
            }
        }
    }
    return null;
}

chdir($own['temporary']);
$base = 'host=' . $targets['postgresql'] . ' ';
$leaks = [
    'config-read' => fn () => file_get_contents($other['config']),
    'config-include' => function () use ($other) {
        $CONFIG = [];
        include $other['config'];
        return $CONFIG['secret'] ?? null;
    },
    'config-filter' => fn () => file_get_contents('php://filter/read=convert.base64-encode/resource=' . $other['config']),
    'config-highlight' => fn () => highlight_file($other['config'], true),
    'config-copy' => fn () => copy($other['config'], $own['temporary'] . '/stolen') ? file_get_contents($own['temporary'] . '/stolen') : null,
    'config-link' => fn () => linked($other['config'], $own['temporary'] . '/link'),
    'config-glob' => fn () => glob(dirname($other['config']) . '/*'),
    'config-fence-moved' => fn () => fenceMoved(fn () => file_get_contents($other['config'])),
    'config-program' => fn () => run('cat ' . escapeshellarg($other['config'])),
    'opcache-status' => fn () => array_values(array_filter(array_keys(opcache_get_status(true)['scripts'] ?? []), fn ($script) => str_contains($script, $other['id']))),
    'apcu' => fn () => apcu_fetch('word-of-' . $other['id']),
    'data-list' => fn () => scandir($other['data']),
    'data-read' => fn () => file_get_contents($other['data'] . '/letter.txt'),
    'temporary-list' => fn () => scandir($other['temporary']),
    'log-list' => fn () => scandir($other['log']),
    'database-as-other' => fn () => database($base . "user='{$other['id']}' dbname='{$other['id']}'"),
    'database-of-other' => fn () => database($base . "user='{$own['id']}' dbname='{$other['id']}'"),
    'redis' => fn () => speak($other['redisSocket'], "GET word\r\n"),
    'php-socket' => fn () => speak($other['phpSocket'], "\x01"),
    'caddy-admin' => fn () => speak($targets['caddyAdmin'], "GET /config/ HTTP/1.1\r\nHost:\r\n\r\n"),
    'environment' => fn () => file_get_contents("/proc/{$other['pid']}/environ"),
    'memory-map' => fn () => file_get_contents("/proc/{$other['pid']}/maps"),
    'process-root' => fn () => scandir("/proc/{$other['pid']}/root/"),
    'process-config' => fn () => file_get_contents($other['processConfig']),
    'write-release' => fn () => file_put_contents($targets['release'] . '/index.php', '<?php // taken'),
    'write-release-new' => fn () => file_put_contents($targets['release'] . '/apps/new.php', '<?php // taken'),
    'write-release-rights' => fn () => chmod($targets['release'] . '/index.php', 0777),
    'write-own-config' => fn () => file_put_contents($own['config'], '<?php // taken'),
    'write-own-config-beside' => fn () => file_put_contents(dirname($own['config']) . '/more.config.php', '<?php // taken'),
    'write-own-config-moved' => fn () => rename(dirname($own['config']), $own['temporary'] . '/moved'),
    'write-own-process-config' => fn () => file_put_contents($own['processConfig'], 'taken'),
    'write-own-apps' => fn () => mkdir($own['apps'] . '/mine'),
    'write-other-data' => fn () => file_put_contents($other['data'] . '/taken', 'taken'),
];
// What must work: a test that finds nothing because nothing works would prove nothing.
$controls = [
    'own-config' => function () use ($own) {
        include $own['config'];
        return $CONFIG['secret'] ?? null;
    },
    'own-apcu' => fn () => apcu_fetch('word-of-' . $own['id']),
    'own-data' => fn () => file_get_contents($own['data'] . '/letter.txt'),
    'own-database' => fn () => database($base . "user='{$own['id']}' dbname='{$own['id']}'"),
    'own-redis' => fn () => speak($own['redisSocket'], "GET word\r\n"),
    'own-temporary' => fn () => file_put_contents($own['temporary'] . '/mine', 'mine') ? 'written' : null,
    'release-read' => fn () => file_get_contents($targets['release'] . '/index.php'),
];
header('Content-Type: application/json');
$answer = ['user' => posix_getuid()];
foreach (['controls' => $controls, 'leaks' => $leaks] as $group => $tries) {
    foreach ($tries as $name => $try) {
        $answer[$group][$name] = attempt($try);
    }
}
echo json_encode($answer, JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
