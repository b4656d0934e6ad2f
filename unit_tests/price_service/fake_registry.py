"""A registry whose models are folders on disk."""

import shutil

from price_service.registry import RegistryUnreachable, Version

FIRST, SECOND = Version("1", 1000), Version("2", 2000)


class FakeRegistry:
    """A registry whose models are folders on disk."""

    def __init__(self):
        self.models = {}
        self.alias = None
        self.away = False
        self.downloads = []

    def production(self):
        """The version in production."""
        if self.away:
            raise RegistryUnreachable("connection refused")
        return self.alias

    def download(self, version, folder):
        """Copy the model."""
        self.downloads.append(version)
        shutil.copytree(self.models[version], folder, dirs_exist_ok=True)
