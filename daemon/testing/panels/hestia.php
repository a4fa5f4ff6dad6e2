<?php
// HestiaCP's front door: a session, sudo, and then our page.
putenv('PERL5LIB=' . getenv('FAKES'));
putenv('PERL5OPT=-MFakePasswd');
$_SERVER['DOCUMENT_ROOT'] = getenv('FAKES');
require getenv('HESTIA') . '/web/holdfast/index.php';
