"""What `--help` of each command shows at its end."""

EXAMPLES = {
    "colorize": """examples:
  colorlib colorize grandmother.jpg               writes grandmother_color.jpg beside it
  colorlib colorize album/ -o colored/            every photograph in a folder; again: the rest
  colorlib colorize photo.png --compare           gray, colorized and original side by side
  colorlib colorize photo.png --temperature 0.2   nearer to the one likeliest color
  colorlib colorize scan.tif -o colored/          all pages of a TIFF; the folder is made
  colorlib colorize - < gray.png > colored.png    from standard input to standard output
  colorlib colorize photo.png --hints hints.txt   some colors by you, the others by the network
  colorlib colorize scan.jpg --old-print          repaired first: tint, grain, spots, faded tones
A file of hints has a line for each: a color and where it is wanted, in pixels of the photo from its
top left, such as "#3060c0 40,30"; with several points, a stroke through them. "Try it" saves such
files. Or it is a picture as large as the photo, with strokes on a transparent ground.
Each result says in its EXIF and XMP that its colors are guesses. Kinds of file without a place
for that become PNG. .heic is read where pillow-heif is installed.""",
    "train": """examples:
  colorlib train                                  the weights that ship, on Imagenette
  colorlib train --data my_photos/ --steps 2000   on a folder of yours, or of shards
  torchrun --nproc_per_node=2 -m colorlib train   in two processes, or on two GPUs
Interrupted? The same command goes on from the last checkpoint.""",
    "evaluate": """examples:
  colorlib evaluate                               the shipped weights on Imagenette's val split
  colorlib evaluate --weights mine.safetensors --data my_photos/ --photos 100""",
    "table": """examples:
  colorlib table                                  every row, trained where its weights are missing
  colorlib table --rows gray full --photos 200    two rows, on a part of the photographs
Interrupted? The same command goes on from where it was.""",
    "sheet": """examples:
  colorlib sheet -o methods.jpg
  colorlib sheet --rivals --data my_photos/ --photos 12""",
    "prior": """examples:
  colorlib prior -o prior.npy                     of Imagenette's train split
  colorlib prior my_photos/ -o mine.npy           of a folder of yours, or of shards
  torchrun --nproc_per_node=4 -m colorlib prior my_shards/
Several processes share the shards of a folder of shards.""",
    "shards": """examples:
  colorlib shards imagenet/train/ imagenet-shards/
  colorlib train --data imagenet-shards/
Interrupted, or a shard is damaged? The same command checks them and makes what is missing.""",
    "export": """examples:
  colorlib export                                 the shipped network, to course.onnx
  colorlib export --weights mine.safetensors -o mine.onnx""",
    "grade": """examples:
  colorlib grade handed_in/ -o grades/            notebooks, folders, zips, as an LMS exports them
  colorlib grade submissions.zip -o grades/ --roster gradebook.csv
Interrupted, or more came in? The same command grades what is new. Each student's code runs in a
process with limits; it is no virtual machine: grade in an account that has nothing to lose.""",
}
