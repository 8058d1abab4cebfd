<?php

declare(strict_types=1);

/*
 * Installs Nextcloud without any account: `occ maintenance:install` before release 31 insists on one, and takes its
 * password as an argument. Reads the options of OC\Setup::install() as JSON on standard input; prints the errors as a
 * JSON list after the mark. Arguments: release tree, mark. Environment: NEXTCLOUD_CONFIG_DIR (writable).
 */

use OCP\IConfig;
use OCP\IGroupManager;
use OCP\Server;

[, $release, $mark] = $argv;
define('OC_CONSOLE', 1);
$_SERVER['argv'] = [$release . '/console.php'];
$_SERVER['SCRIPT_FILENAME'] = $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $release . '/console.php';
chdir($release);
$options = json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);

require_once $release . '/lib/versioncheck.php';
require_once $release . '/lib/base.php';
set_time_limit(0);

/** What OC\Setup::install() of releases before 31 does, less the account, its session and its mail address. */
function installWithoutAccount(string $release, array $options): void {
	$system = Server::get(OC\SystemConfig::class);
	$random = Server::get(OCP\Security\ISecureRandom::class);
	$kinds = ['pgsql' => OC\Setup\PostgreSQL::class, 'sqlite' => OC\Setup\Sqlite::class];
	$l10n = Server::get(OCP\L10N\IFactory::class)->get('lib');
	$database = new $kinds[$options['dbtype']]($l10n, $system, Server::get(Psr\Log\LoggerInterface::class), $random);
	$system->setValues([
		'passwordsalt' => $random->generate(30),
		'secret' => $random->generate(48),
		'trusted_domains' => ['localhost'],
		'datadirectory' => $options['directory'],
		'dbtype' => $options['dbtype'] === 'sqlite' ? 'sqlite3' : $options['dbtype'],
		'version' => implode('.', OCP\Util::getVersion()),
		'overwrite.cli.url' => 'http://localhost',
	]);
	$database->initialize($options);
	$database->setupDatabase('nobody');
	$database->runMigrations();
	$config = Server::get(IConfig::class);
	$config->setAppValue('core', 'installedat', (string)microtime(true));
	$config->setAppValue('core', 'lastupdatedat', (string)time());
	$config->setAppValue('core', 'vendor', 'nextcloud');
	Server::get(IGroupManager::class)->createGroup('admin');
	OC\Installer::installShippedApps(false);
	file_put_contents($options['directory'] . '/.ocdata', '');
	OC\Setup::protectDataDirectory();
	OC\Setup::installBackgroundJobs();
	$config->setSystemValue('installed', true);
	Server::get(OC\AppFramework\Bootstrap\Coordinator::class)->runInitialRegistration();
}

$errors = [];
try {
	$knowsNoAccount = str_contains((string)file_get_contents($release . '/lib/private/Setup.php'), 'admindisable');
	if ($knowsNoAccount) {
		$errors = Server::get(OC\Setup::class)->install(['admindisable' => true, 'passwordsalt' => '', 'secret' => ''] + $options);
	} else {
		installWithoutAccount($release, $options);
	}
} catch (Throwable $error) {
	$errors = [get_class($error) . ': ' . $error->getMessage()];
}
$texts = array_map(static fn (array|string $error): string => is_array($error) ? (string)$error['error'] : $error, $errors);
echo "\n", $mark, json_encode(array_values($texts), JSON_INVALID_UTF8_SUBSTITUTE), "\n";
