<?php

declare(strict_types=1);

/*
 * Prepended to `occ` and `cron.php`. Both refuse to run unless config.php belongs to the user who runs them; here it
 * belongs to root, so that a space cannot change its own settings. `posix_getuid` is switched off for these runs
 * (disable_functions, which since PHP 8 allows a new definition) and answers with the owner that they look for.
 */

function posix_getuid(): int {
	return (int)fileowner(getenv('NEXTCLOUD_CONFIG_DIR') . '/config.php');
}
