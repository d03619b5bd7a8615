"""Attacks on files: reading, writing, deleting, renaming, linking, modes; and /proc, which is files as well."""

from tests.sandbox.attack import Attack, calling, changes_files, says_true


def changing(name: str, body: str) -> Attack:
    return Attack(name, calling(f'folder = world["folder"]\n{body}\nreturn True'), changes_files)


def reading(name: str, expression: str, needs: str = "") -> Attack:
    return Attack(name, calling(f'folder = world["folder"]\nreturn {expression}'), says_true, needs=needs)


ATTACKS = [
    reading("reading a file", 'len(open(folder + "/secret").read()) > 0'),
    reading("reading by descriptor", 'len(os.read(os.open(folder + "/secret", os.O_RDONLY), 9)) > 0'),
    reading("reading through C", 'bool(ctypes.CDLL(None).fopen((folder + "/secret").encode(), b"r"))'),
    reading("openat2", "ctypes.CDLL(None).syscall(437, -100, b'/', (ctypes.c_uint64 * 3)(), 24) > 0", "openat2"),
    reading("listing a folder", "len(os.listdir(folder)) > 0"),
    reading("whether a file is there", 'os.path.exists(folder + "/secret")'),
    reading("where it runs", "len(os.getcwd()) > 0"),
    reading("importing from a folder", "sys.path.insert(0, folder) or __import__('module').VALUE == 1"),
    reading("its environment in /proc", "len(open('/proc/self/environ', 'rb').read()) > 0"),
    reading("its parent's environment in /proc", "len(open(f'/proc/{os.getppid()}/environ', 'rb').read()) > 0"),
    reading("its parent's memory in /proc", "os.pread(os.open(f'/proc/{os.getppid()}/mem', 0), 8, id(None)) != b''"),
    reading("opened descriptors in /proc", "len(os.listdir('/proc/self/fd')) > 0"),
    reading("a descriptor that somebody left open", "any(os.fstat(number) for number in range(3, 9))"),
    reading("a copy of a descriptor", "os.dup(1) > 0"),
    reading("a pipe", "os.pipe() != ()"),
    reading("watching a folder", "ctypes.CDLL(None).inotify_init() >= 0"),
    changing("writing a new file", 'open(folder + "/new", "w").close()'),
    changing("overwriting", 'open(folder + "/victim", "w").write("gone")'),
    changing("appending", 'open(folder + "/victim", "a").write("more")'),
    changing("deleting", 'os.remove(folder + "/victim")'),
    changing("deleting a tree", 'import shutil; shutil.rmtree(folder + "/full")'),
    changing("renaming", 'os.rename(folder + "/victim", folder + "/renamed")'),
    changing("linking", 'os.link(folder + "/victim", folder + "/link")'),
    changing("linking by name", 'os.symlink("/etc/passwd", folder + "/link")'),
    changing("changing the mode", 'os.chmod(folder + "/victim", 0o4777)'),
    changing("changing the time", 'os.utime(folder + "/victim", (0, 0))'),
    changing("cutting off", 'os.truncate(folder + "/victim", 1)'),
    changing("making a folder", 'os.mkdir(folder + "/new")'),
    changing("making a pipe with a name", 'os.mkfifo(folder + "/new")'),
    changing("a temporary file", "import tempfile; tempfile.NamedTemporaryFile(dir=folder, delete=False)"),
]  # fmt: skip
