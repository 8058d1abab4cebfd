<?php

declare(strict_types=1);

/*
 * The one PHP process of a working session of a space. It runs as the space's own user, loads Nextcloud once, reads one
 * JSON request a line on standard input ({"id": 1, "op": "accounts", "args": {…}}) and answers each with one line on
 * standard output: the mark given as the second argument, then {"id", "ok": true, "result"} or
 * {"id", "ok": false, "code", "message"}. Whatever else PHP prints lacks the mark and means nothing.
 *
 * Arguments: release tree, mark. Environment: NEXTCLOUD_CONFIG_DIR.
 */

use OCP\Accounts\IAccountManager;
use OCP\App\AppPathNotFoundException;
use OCP\App\IAppManager;
use OCP\HintException;
use OCP\IAppConfig;
use OCP\IConfig;
use OCP\IDBConnection;
use OCP\IGroupManager;
use OCP\IURLGenerator;
use OCP\IUser;
use OCP\IUserManager;
use OCP\Security\ISecureRandom;
use OCP\Security\VerificationToken\IVerificationToken;
use OCP\Server;

[, $release, $mark] = $argv;
define('OC_CONSOLE', 1);
$_SERVER['argv'] = [$release . '/console.php'];
$_SERVER['SCRIPT_FILENAME'] = $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $release . '/console.php';
chdir($release);
ob_start(static fn (): string => '', 4096);

/** An answer that is not a fault: the code is one of chaton's own. */
final class Refusal extends RuntimeException {
	public function __construct(public readonly string $word, string $message) {
		parent::__construct($message);
	}
}

final class Agent {
	private const APP = 'chaton';
	private const THROWAWAY = 'throwaway';
	private const FIRST_SEEN = 'first-seen';
	/** Form of the quotas that are set here; Nextcloud itself writes "3 MB". */
	private const EXACT = '/^\d+ B$/';

	public function __construct(
		private IConfig $config,
		private IUserManager $users,
		private IGroupManager $groups,
		private IDBConnection $db,
	) {
	}

	/**
	 * Nextcloud remembers what it read, and what was not there, until PHP ends: elsewhere that is one request. This process
	 * answers many, and people change accounts through the web between them.
	 */
	private function forget(): void {
		$settings = [Server::get(IAppConfig::class), ...(interface_exists(OCP\Config\IUserConfig::class) ? [Server::get(OCP\Config\IUserConfig::class)] : [])];
		foreach ($settings as $store) {
			method_exists($store, 'clearCacheAll') ? $store->clearCacheAll() : $store->clearCachedConfig();
		}
		foreach ([$this->config, $this->users, $this->groups, Server::get(IAccountManager::class), ...$this->users->getBackends(), ...$this->groups->getBackends()] as $service) {
			$this->emptyCaches($service);
		}
	}

	/** The names of the properties are Nextcloud's own and differ between releases; all of them speak of a cache. */
	private function emptyCaches(object $service): void {
		foreach ((new ReflectionObject($service))->getProperties() as $property) {
			if (stripos($property->getName(), 'cache') === false || !$property->isInitialized($service)) {
				continue;
			}
			$cache = $property->getValue($service);
			if (is_array($cache)) {
				$property->setValue($service, []);
			} elseif ($cache instanceof OCP\Cache\CappedMemoryCache) {
				$cache->clear();
			}
		}
	}

	/** Operations by name; each takes the arguments of the request and gives its result. */
	public function call(string $op, array $args): mixed {
		$this->forget();
		return match ($op) {
			'ping' => true,
			'ensureAdministrator' => $this->ensureAdministrator($args),
			'invite' => $this->invite($args),
			'accounts' => $this->accounts(),
			'setEnabled' => $this->setEnabled($args['userId'], $args['enabled']),
			'createAppPassword' => ['userId' => $this->user($args['userId'])->getUID(), 'password' => $this->appPassword($args['userId'], $args['label'])],
			'setQuotas' => $this->setQuotas($args['quotas']),
			'usage' => $this->usage(),
			'apps' => $this->apps($args),
			'appSettings' => $this->appSettings($args['app'], $args['values']),
			'createThrowaway' => $this->createThrowaway(),
			'removeThrowaways' => $this->removeThrowaways(),
			default => throw new Refusal('bug', 'the agent knows no operation "' . $op . '"'),
		};
	}

	private function user(string $userId): IUser {
		return $this->users->get($userId) ?? throw new Refusal('not-found', 'there is no account "' . $userId . '"');
	}

	private function random(int $length): string {
		return Server::get(ISecureRandom::class)->generate($length, ISecureRandom::CHAR_ALPHANUMERIC);
	}

	/**
	 * With a password that nobody knows; its fixed end satisfies every rule on kinds of characters. Name, mail address and
	 * language are there before the account is, so that what Nextcloud makes of it (card, picture) is made once.
	 */
	private function create(array $args): IUser {
		$userId = $args['userId'];
		try {
			Server::get(OCP\Support\Subscription\IAssertion::class)->createUserIsLegit();
			if ($this->config->getUserValue($userId, self::APP, self::FIRST_SEEN) === '') {
				$this->config->setUserValue($userId, self::APP, self::FIRST_SEEN, (string)time());
			}
			$this->config->setUserValue($userId, 'core', 'lang', $args['language']);
			$this->config->setUserValue($userId, 'settings', 'email', mb_strtolower(trim($args['email'])));
			$user = $this->users->createUserFromBackend($userId, $this->random(40) . 'aA1!', $this->namingBackend(mb_substr($args['displayName'], 0, 64)));
		} catch (HintException $error) {
			throw new Refusal('no-room', $error->getHint());
		} catch (InvalidArgumentException $error) {
			throw new Refusal('bad-input', $error->getMessage());
		}
		if (!$user instanceof IUser) {
			throw new Refusal('remote-failed', 'Nextcloud did not create the account "' . $userId . '"');
		}
		return $user;
	}

	/**
	 * Nextcloud's own user table, filled with the display name (64 characters at most) in the same step as the account.
	 * It writes through the instance that Nextcloud uses, which remembers who does not exist.
	 */
	private function namingBackend(string $displayName): OC\User\Database {
		$own = array_values(array_filter($this->users->getBackends(), static fn (object $backend): bool => $backend instanceof OC\User\Database))[0];
		return new class($own, $displayName) extends OC\User\Database {
			public function __construct(private OC\User\Database $own, private string $displayNameToGive) {
				parent::__construct();
			}

			public function createUser(string $uid, string $password): bool {
				return $this->own->createUser($uid, $password) && $this->own->setDisplayName($uid, $this->displayNameToGive);
			}
		};
	}

	private function ensureAdministrator(array $args): array {
		$user = $this->users->get($args['userId']);
		$created = $user === null;
		$user ??= $this->create($args);
		$changed = $created;
		if (($user->getEMailAddress() ?? '') === '') {
			$user->setSystemEMailAddress($args['email']);
			$changed = true;
		}
		if (!$user->isEnabled()) {
			$user->setEnabled(true);
			$changed = true;
		}
		$group = $this->groups->get('admin') ?? $this->groups->createGroup('admin');
		if (!$group->inGroup($user)) {
			$group->addUser($user);
			$changed = true;
		}
		return ['created' => $created, 'changed' => $changed];
	}

	/** A token overwrites the one before, so only the newest link works; the first sign-in ends it (core's LostController). */
	private function invite(array $args): array {
		$user = $this->users->get($args['userId']) ?? $this->create($args);
		if (strcasecmp($user->getEMailAddress() ?? '', $args['email']) !== 0) {
			$user->setSystemEMailAddress($args['email']);
		}
		$token = Server::get(IVerificationToken::class)->create($user, 'lostpassword', $user->getEMailAddress() ?? '');
		$route = ['userId' => $user->getUID(), 'token' => $token];
		return ['userId' => $user->getUID(), 'link' => Server::get(IURLGenerator::class)->linkToRouteAbsolute('core.lost.resetform', $route)];
	}

	/** @return IUser[] */
	private function everybody(): array {
		$all = [];
		$this->users->callForAllUsers(function (IUser $user) use (&$all): void {
			if ($this->config->getUserValue($user->getUID(), self::APP, self::THROWAWAY) === '') {
				$all[] = $user;
			}
		});
		return $all;
	}

	/** In order of creation. Nextcloud keeps no date: the first sight is ours, the order within one sight that of the system address book. */
	private function accounts(): array {
		$places = $this->cardPlaces();
		$admins = array_fill_keys(array_map(static fn (IUser $user): string => $user->getUID(), $this->groups->get('admin')?->getUsers() ?? []), true);
		$list = [];
		foreach ($this->everybody() as $user) {
			$id = $user->getUID();
			$seen = $this->config->getUserValue($id, self::APP, self::FIRST_SEEN);
			if ($seen === '') {
				$seen = (string)time();
				$this->config->setUserValue($id, self::APP, self::FIRST_SEEN, $seen);
			}
			$list[] = [
				'userId' => $id,
				'displayName' => $user->getDisplayName(),
				'email' => $user->getEMailAddress(),
				'enabled' => $user->isEnabled(),
				'administrator' => isset($admins[$id]),
				'createdAt' => (int)$seen,
				'quotaBytes' => $this->quotaBytes($user),
				'place' => $places['Database:' . $id . '.vcf'] ?? PHP_INT_MAX,
			];
		}
		usort($list, static fn (array $a, array $b): int => [$a['createdAt'], $a['place'], $a['userId']] <=> [$b['createdAt'], $b['place'], $b['userId']]);
		return $list;
	}

	private function cardPlaces(): array {
		$rows = $this->db->executeQuery('SELECT c.uri, c.id FROM *PREFIX*cards c JOIN *PREFIX*addressbooks b ON b.id = c.addressbookid WHERE b.principaluri = ?', ['principals/system/system'])->fetchAll();
		return array_map('intval', array_column($rows, 'id', 'uri'));
	}

	private function quotaBytes(IUser $user): ?int {
		$quota = $user->getQuota();
		if ($quota === 'none' || $quota === 'default') {
			return null;
		}
		$bytes = OCP\Util::computerFileSize($quota);
		if ($bytes === false) {
			return null;
		}
		return preg_match(self::EXACT, $quota) === 1 ? max(0, (int)$bytes - $this->spareBytes()) : (int)$bytes;
	}

	/**
	 * Since 34, and late 33, an account that has nothing free cannot even read its files (OC\Files\Storage\Wrapper\Quota::fopen,
	 * nextcloud/server#60319), and what is written must be smaller than what is free. With one byte more than asked for, exactly what was asked for fits, and
	 * files of a full account stay readable.
	 */
	private function spareBytes(): int {
		return OCP\Util::getVersion()[0] >= 33 ? 1 : 0;
	}

	private function setEnabled(string $userId, bool $enabled): bool {
		$user = $this->user($userId);
		if ($user->isEnabled() === $enabled) {
			return false;
		}
		try {
			$user->setEnabled($enabled);
		} catch (HintException $error) {
			throw new Refusal('no-room', $error->getHint());
		}
		return true;
	}

	private function appPassword(string $userId, string $label): string {
		$password = $this->random(72);
		$provider = Server::get(OC\Authentication\Token\IProvider::class);
		$provider->generateToken($password, $userId, $userId, null, $label, OCP\Authentication\Token\IToken::PERMANENT_TOKEN);
		return $password;
	}

	/** IUser::setQuota() rounds to one decimal; the stored form "<bytes> B" is exact and read by every release. */
	private function setQuotas(array $quotas): int {
		$changed = 0;
		$spare = $this->spareBytes();
		$sizes = $spare > 0 ? $this->sizes() : [];
		foreach ($quotas as [$userId, $wanted]) {
			$user = $this->users->get($userId);
			$bytes = max($wanted, $spare > 0 ? $this->partsOf($sizes, $userId)['filesBytes'] : 0);
			if ($user === null || $this->quotaBytes($user) === $bytes) {
				continue;
			}
			$this->config->setUserValue($userId, 'files', 'quota', ($bytes + $spare) . ' B');
			OC_Helper::clearStorageInfo('/' . $userId . '/files');
			$changed++;
		}
		return $changed;
	}

	/** Bytes by storage and folder: what Nextcloud keeps of the top folders of every home, and of app data. Nothing is scanned. */
	private function sizes(): array {
		$folders = ['', 'files', 'files_versions', 'files_trashbin', 'appdata_' . $this->config->getSystemValueString('instanceid')];
		$marks = implode(', ', array_fill(0, count($folders), '?'));
		$rows = $this->db->executeQuery(
			'SELECT s.id, f.path, f.size FROM *PREFIX*storages s JOIN *PREFIX*filecache f ON f.storage = s.numeric_id WHERE f.path_hash IN (' . $marks . ')',
			array_map('md5', $folders),
		)->fetchAll();
		$sizes = [];
		foreach ($rows as $row) {
			$sizes[$row['id']][$row['path'] ?? ''] = max(0, (int)$row['size']);
		}
		return $sizes;
	}

	private function usage(): array {
		$sizes = $this->sizes();
		$accounts = [];
		foreach ($this->everybody() as $user) {
			$accounts[] = ['userId' => $user->getUID()] + $this->partsOf($sizes, $user->getUID());
		}
		$shared = $sizes[$this->storageId('local::' . $this->config->getSystemValueString('datadirectory') . '/')] ?? [];
		return ['accounts' => $accounts, 'appDataBytes' => max([0, ...array_values($shared)])];
	}

	private function partsOf(array $sizes, string $userId): array {
		$home = $sizes[$this->storageId('home::' . $userId)] ?? [];
		[$files, $versions, $trash] = array_map(static fn (string $folder): int => $home[$folder] ?? 0, ['files', 'files_versions', 'files_trashbin']);
		$other = max(0, ($home[''] ?? 0) - $files - $versions - $trash);
		return ['filesBytes' => $files, 'versionsBytes' => $versions, 'trashBytes' => $trash, 'otherBytes' => $other];
	}

	/** Longer ones are kept as their MD5 (OC\Files\Cache\Storage::adjustStorageId). */
	private function storageId(string $id): string {
		return strlen($id) > 64 ? md5($id) : $id;
	}

	/** Answers what it changed and what it could not do: apps that are not there, apps that cannot be kept to a group. */
	private function apps(array $args): array {
		$done = ['enabled' => [], 'disabled' => [], 'hidden' => [], 'missing' => [], 'unhideable' => []];
		$manager = Server::get(IAppManager::class);
		foreach ($args['disable'] as $app) {
			if ($this->appState($app) !== 'no' && $this->appState($app) !== '' && !$this->alwaysEnabled($app)) {
				$manager->disableApp($app);
				$done['disabled'][] = $app;
			}
		}
		foreach ($args['enable'] as $app) {
			$this->enable($app, 'yes', fn () => $manager->enableApp($app), $done, 'enabled');
		}
		$groups = $args['hide'] === [] ? [] : $this->hidingGroups($args['group']);
		foreach ($args['hide'] as $app) {
			try {
				$this->enable($app, json_encode($groups), fn () => $manager->enableAppForGroups($app, array_map($this->groups->get(...), $groups)), $done, 'hidden');
			} catch (InvalidArgumentException) {
				$done['unhideable'][] = $app;
			}
		}
		return $done;
	}

	private function appState(string $app): string {
		return $this->config->getAppValue($app, 'enabled', '');
	}

	private function alwaysEnabled(string $app): bool {
		return in_array($app, Server::get(IAppManager::class)->getAlwaysEnabledApps(), true);
	}

	private function enable(string $app, string $state, callable $enable, array &$done, string $list): void {
		if ($this->appState($app) === $state) {
			return;
		}
		try {
			Server::get(IAppManager::class)->getAppPath($app);
		} catch (AppPathNotFoundException) {
			$done['missing'][] = $app;
			return;
		}
		if ($this->config->getAppValue($app, 'installed_version', '') === '') {
			Server::get(OC\Installer::class)->installApp($app);
		}
		$enable();
		$done[$list][] = $app;
	}

	/** Who sees hidden apps: administrators, and whomever they put into this group. */
	private function hidingGroups(array $group): array {
		if ($this->groups->get($group['id']) === null) {
			$this->groups->createGroup($group['id'])?->setDisplayName($group['name']);
		}
		return ['admin', $group['id']];
	}

	private function appSettings(string $app, array $values): array {
		try {
			Server::get(IAppManager::class)->getAppPath($app);
		} catch (AppPathNotFoundException) {
			return ['present' => false, 'changed' => false];
		}
		$changed = false;
		foreach ($values as $key => $value) {
			if ($this->config->getAppValue($app, $key) !== $value) {
				$this->config->setAppValue($app, $key, $value);
				$changed = true;
			}
		}
		return ['present' => true, 'changed' => $changed];
	}

	/**
	 * An account for a check. It is made in the user table itself: the account cap is not asked, and no app makes cards,
	 * circles or notices for it. It is marked before it exists, so that one left behind by a kill is known.
	 */
	private function createThrowaway(): array {
		$this->removeThrowaways();
		$userId = 'chaton-check-' . bin2hex(random_bytes(8));
		$this->config->setUserValue($userId, self::APP, self::THROWAWAY, '1');
		if (!(new OC\User\Database())->createUser($userId, $this->random(40) . 'aA1!')) {
			throw new Refusal('remote-failed', 'Nextcloud did not create an account for the check');
		}
		try {
			return ['userId' => $userId, 'password' => $this->throwawayPassword($userId)];
		} catch (Throwable) {
			// A release that keeps its tokens in another way: as Nextcloud makes them, then.
			return ['userId' => $userId, 'password' => $this->appPassword($userId, 'chaton check')];
		}
	}

	/**
	 * An app password without the key pair that Nextcloud makes for each: it would hold the account's password, and
	 * there is none to hold. Making one takes a third of a second.
	 */
	private function throwawayPassword(string $userId): string {
		$password = $this->random(72);
		$token = new OC\Authentication\Token\PublicKeyToken();
		$token->setUid($userId);
		$token->setLoginName($userId);
		$token->setName('chaton check');
		$token->setToken(hash('sha512', $password . $this->config->getSystemValueString('secret')));
		$token->setType(OCP\Authentication\Token\IToken::PERMANENT_TOKEN);
		$token->setRemember(OCP\Authentication\Token\IToken::DO_NOT_REMEMBER);
		$token->setLastActivity(time());
		$token->setLastCheck(time());
		$token->setPrivateKey('');
		$token->setPublicKey('');
		$token->setVersion(OC\Authentication\Token\PublicKeyToken::VERSION);
		Server::get(OC\Authentication\Token\PublicKeyTokenMapper::class)->insert($token);
		return $password;
	}

	private function removeThrowaways(): int {
		$removed = 0;
		foreach ($this->config->getUsersForUserValue(self::APP, self::THROWAWAY, '1') as $userId) {
			$this->users->get($userId)?->delete();
			Server::get(OC\Authentication\Token\IProvider::class)->invalidateLastUsedBefore($userId, 2 ** 31 - 1);
			$this->config->deleteAllUserValues($userId);
			$removed++;
		}
		return $removed;
	}
}

/** @param resource $to */
function answer($to, string $mark, array $message): void {
	fwrite($to, $mark . json_encode($message, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
}

$output = fopen('php://stdout', 'w');
try {
	require_once $release . '/lib/versioncheck.php';
	require_once $release . '/lib/base.php';
	set_time_limit(0);
	Server::get(IAppManager::class)->loadApps();
	OC_Util::setupFS();
	$agent = new Agent(Server::get(IConfig::class), Server::get(IUserManager::class), Server::get(IGroupManager::class), Server::get(IDBConnection::class));
} catch (Throwable $error) {
	answer($output, $mark, ['id' => 0, 'ok' => false, 'code' => 'remote-failed', 'message' => get_class($error) . ': ' . $error->getMessage()]);
	exit(1);
}

while (($line = fgets(STDIN)) !== false) {
	$request = json_decode($line, true);
	try {
		answer($output, $mark, ['id' => $request['id'], 'ok' => true, 'result' => $agent->call($request['op'], $request['args'] ?? [])]);
	} catch (Refusal $refusal) {
		answer($output, $mark, ['id' => $request['id'], 'ok' => false, 'code' => $refusal->word, 'message' => $refusal->getMessage()]);
	} catch (Throwable $error) {
		$where = basename($error->getFile()) . ':' . $error->getLine();
		answer($output, $mark, ['id' => $request['id'], 'ok' => false, 'code' => 'remote-failed', 'message' => get_class($error) . ': ' . $error->getMessage() . ' (' . $where . ')']);
	}
}
