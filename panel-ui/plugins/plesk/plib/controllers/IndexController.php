<?php
// Plesk says who is signed in; the wrapper in sbin, which runs as root, becomes the subscription's
// system user before it asks Holdfast.
class IndexController extends pm_Controller_Action
{
    public function indexAction()
    {
        $this->_helper->viewRenderer->setNoRender();
        $client = pm_Session::getClient();
        $asked = $this->getRequest()->getParam('dom_id');
        if ($client->isAdmin() && $asked === null) {
            $this->go('--admin');
            return;
        }
        $domains = $this->domainsOf($client, $asked);
        $users = array_unique(array_map(fn ($domain) => $domain->getSysUserLogin(), $domains));
        if (count($users) === 1) {
            $this->go(reset($users));
            return;
        }
        $this->choose($domains);
    }

    /** @return pm_Domain[] those with hosting that the client may use; the one that was asked for, if any */
    private function domainsOf($client, $asked): array
    {
        $domains = $asked === null
            ? pm_Domain::getDomainsByClient($client, true)
            : [pm_Domain::getByDomainId((int) $asked)];
        return array_values(array_filter($domains, fn ($domain) =>
            $client->hasAccessToDomain($domain->getId()) && $domain->hasHosting()));
    }

    private function go(string $whom): void
    {
        try {
            $result = pm_ApiCli::callSbin('holdfast-link', [$whom]);
            $this->_redirect(trim($result['stdout']), ['prependBase' => false]);
        } catch (pm_Exception $error) {
            $this->say('Backups cannot be opened: ' . $error->getMessage());
        }
    }

    private function choose(array $domains): void
    {
        if ($domains === []) {
            $this->say('There is no subscription with hosting here.');
            return;
        }
        $body = '<h1>Backups of which subscription?</h1><ul>';
        foreach ($domains as $domain) {
            $url = pm_Context::getActionUrl('index', 'index') . '?dom_id=' . (int) $domain->getId();
            $body .= '<li><a href="' . htmlspecialchars($url) . '">'
                . htmlspecialchars($domain->getDisplayName()) . '</a></li>';
        }
        $this->getResponse()->appendBody($body . '</ul>');
    }

    private function say(string $text): void
    {
        $this->getResponse()->setHttpResponseCode(503)->appendBody(htmlspecialchars($text));
    }
}
