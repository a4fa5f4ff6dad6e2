<?php
class Modules_Holdfast_CustomButtons extends pm_Hook_CustomButtons
{
    public function getButtons()
    {
        return [[
            'place' => [
                self::PLACE_HOSTING_PANEL_NAVIGATION,
                self::PLACE_ADMIN_TOOLS_AND_SETTINGS,
                self::PLACE_RESELLER_TOOLS_AND_SETTINGS,
                self::PLACE_DOMAIN,
            ],
            'title' => 'Backups',
            'description' => 'Browse, restore and download backups',
            'link' => pm_Context::getActionUrl('index', 'index'),
            'contextParams' => true,
        ]];
    }
}
