<?php
// Plesk as far as the extension asks for it; then the extension's page.
class pm_Exception extends Exception {}
class pm_Context { public static function getActionUrl($c, $a) { return "/modules/holdfast/index.php/$c/$a"; } }
class pm_Domain
{
    const ALL = [1 => 'anna', 2 => 'bob'];
    public function __construct(private int $id) {}
    public static function getByDomainId($id) { return new pm_Domain($id); }
    public static function getDomainsByClient($client, $mainOnly) { return array_map(fn ($id) => new pm_Domain($id), array_keys(self::ALL)); }
    public function getId() { return $this->id; }
    public function hasHosting() { return true; }
    public function getSysUserLogin() { return self::ALL[$this->id]; }
    public function getDisplayName() { return self::ALL[$this->id] . '.example'; }
}
class Client
{
    public function isAdmin() { return getenv('CLIENT') === 'admin'; }
    public function hasAccessToDomain($id) { return in_array(getenv('CLIENT'), ['admin', 'reseller', pm_Domain::ALL[$id]], true); }
}
class pm_Session { public static function getClient() { return new Client(); } }
class pm_ApiCli
{
    public static function callSbin($name, $args)
    {
        $program = getenv('PLESK_ADMIN') . "/sbin/modules/holdfast/$name";
        putenv('PERL5LIB=' . getenv('FAKES'));
        putenv('PERL5OPT=-MFakePasswd');
        exec(escapeshellarg($program) . ' ' . implode(' ', array_map('escapeshellarg', $args)) . ' 2>&1', $lines, $code);
        if ($code !== 0) throw new pm_Exception(implode("\n", $lines));
        return ['code' => 0, 'stdout' => implode("\n", $lines) . "\n", 'stderr' => ''];
    }
}
class pm_Controller_Action
{
    public $_helper;
    public function __construct() { $this->_helper = new class { public $viewRenderer; }; $this->_helper->viewRenderer = new class { public function setNoRender() {} }; }
    public function getRequest() { return new class { public function getParam($name) { return getenv('DOM_ID') === false ? null : getenv('DOM_ID'); } }; }
    public function getResponse() { return new class { public function setHttpResponseCode($code) { return $this; } public function appendBody($text) { echo $text; return $this; } }; }
    public function _redirect($url, $options) { echo "Location: $url\n"; }
}
require getenv('PLESK_ADMIN') . '/plib/modules/holdfast/controllers/IndexController.php';
(new IndexController())->indexAction();
