<?php
define('HESTIA_CMD', getenv('HESTIA') . '/bin/');
$_SESSION = json_decode(getenv('SESSION'), true);
